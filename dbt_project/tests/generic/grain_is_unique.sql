{#- The columns named in the model's `config.meta.grain` identify one row: no two rows agree on all of them. -#}
{% test grain_is_unique(model) %}
    {%- set found = [] -%}
    {%- for node in graph.nodes.values() if execute and node.relation_name == model | string -%}
        {%- do found.append(node.config.meta.get('grain')) -%}
    {%- endfor -%}
    {%- if execute and (not found or not found[0]) -%}
        {%- do exceptions.raise_compiler_error("State the grain of " ~ model ~ " in its yml: config.meta.grain") -%}
    {%- endif -%}
    {%- set columns = found[0] if found else ['true'] -%}
    select
        {{ columns | join(', ') }},
        count(*) as row_count
    from {{ model }}
    group by {{ columns | join(', ') }}
    having count(*) > 1
{% endtest %}
