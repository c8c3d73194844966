{#-
    One view per declared landing source, made at the start of every dbt run:
    the zero-row schema file (so that an absent source still builds, with its types) and what
    has landed. With `with_snds: false` the claims views hold the schema file only.
-#}
{% macro create_landing_views() -%}
    {{ return(adapter.dispatch('create_landing_views', 'p4dp')()) }}
{%- endmacro %}

{% macro duckdb__create_landing_views() -%}
    {%- if execute -%}
        {%- set home = env_var('P4DP_HOME', 'data') -%}
        {%- set landed = landed_folders(home) -%}
        {%- set schemas = [] -%}
        {%- for source in graph.sources.values() if source.package_name == 'p4dp' -%}
            {%- if source.schema not in schemas -%}
                {%- do schemas.append(source.schema) -%}
create schema if not exists {{ target.database }}.{{ source.schema }};
            {%- endif %}
            {%- set folder = source.schema ~ '/' ~ source.identifier -%}
            {%- set files = [home ~ '/schemas/' ~ folder ~ '.parquet'] -%}
            {%- if landed.get(folder) and (var('with_snds') or source.schema != 'snds') -%}
                {%- do files.append(landed[folder]) -%}
            {%- endif %}
create or replace view {{ target.database }}.{{ source.schema }}."{{ source.identifier }}" as
select * from read_parquet({{ files | tojson | replace('"', "'") }}, union_by_name = true, hive_partitioning = false);
        {% endfor -%}
    {%- endif -%}
{%- endmacro %}

{#- Folders that hold at least one Parquet file: {'<source>/<table>': glob pattern}. -#}
{% macro landed_folders(home) %}
    {% set found = {} %}
    {% for zone in [home ~ '/landing/', home ~ '/'] %}
        {% for name in (['*'] if loop.first else ['register', 'exchange', 'reference']) %}
            {% set listing = run_query(
                "select distinct split_part(substr(file, length('" ~ zone ~ "') + 1), '/', 1) as source_name, "
                ~ "split_part(substr(file, length('" ~ zone ~ "') + 1), '/', 2) as table_name "
                ~ "from glob('" ~ zone ~ name ~ "/*/**/*.parquet')"
            ) %}
            {% for row in listing.rows %}
                {% set folder = row[0] ~ '/' ~ row[1] %}
                {% do found.update({folder: zone ~ folder ~ '/**/*.parquet'}) %}
            {% endfor %}
        {% endfor %}
    {% endfor %}
    {{ return(found) }}
{% endmacro %}
