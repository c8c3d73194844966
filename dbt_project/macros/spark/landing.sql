{#-
    The landing sources as external tables over the same Parquet folders, with the columns the
    contract states. A folder that does not exist holds no rows; with `with_snds: false` the
    claims tables point at their zero-row schema files.
-#}
{% macro spark__create_landing_views() -%}
    {%- if execute -%}
        {%- set home = env_var('P4DP_HOME', 'data') -%}
        {%- set schemas = [] -%}
        {%- for source in graph.sources.values() if source.package_name == 'p4dp' -%}
            {%- if source.schema not in schemas -%}
                {%- do schemas.append(source.schema) -%}
                {%- do run_query("create schema if not exists " ~ source.schema) -%}
            {%- endif -%}
            {%- set folder = source.schema ~ '/' ~ source.identifier -%}
            {%- set zone = '/' if source.schema in ['register', 'exchange', 'reference'] else '/landing/' -%}
            {%- set path = home ~ zone ~ folder -%}
            {%- if source.schema == 'snds' and not var('with_snds') -%}
                {%- set path = home ~ '/schemas/' ~ folder ~ '.parquet' -%}
            {%- endif -%}
            {%- set columns = [] -%}
            {%- for column in source.columns.values() -%}
                {%- set type = 'timestamp_ntz' if column.data_type == 'timestamp' else column.data_type -%}
                {%- do columns.append('`' ~ column.name ~ '` ' ~ type) -%}
            {%- endfor -%}
            {%- set relation = source.schema ~ '.`' ~ source.identifier ~ '`' -%}
            {%- do run_query("drop table if exists " ~ relation) -%}
            {%- do run_query(
                "create table " ~ relation ~ " (" ~ columns | join(', ') ~ ") using parquet options ("
                ~ "path '" ~ path | replace("'", "\\'") ~ "', recursiveFileLookup 'true')"
            ) -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
