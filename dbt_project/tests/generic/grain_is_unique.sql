{#- The columns named in the model's `config.meta.grain` identify one row: no two rows agree on all of them. -#}
{% test grain_is_unique(model) %}
    {%- set columns = ['true'] -%}
    {%- if execute -%}
        {%- set found = [] -%}
        {%- for node in graph.nodes.values() if node.relation_name == model | string -%}
            {%- do found.append(node.config.meta.get('grain')) -%}
        {%- endfor -%}
        {%- if not found or not found[0] -%}
            {%- do exceptions.raise_compiler_error("State the grain of " ~ model ~ " in its yml: config.meta.grain") -%}
        {%- endif -%}
        {%- set columns = found[0] -%}
    {%- endif %}
    select
        {{ columns | join(', ') }},
        count(*) as row_count
    from {{ model }}
    group by {{ columns | join(', ') }}
    having count(*) > 1
{% endtest %}
