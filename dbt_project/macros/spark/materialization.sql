{#-
    How a model is built on Spark: its body is translated from DuckDB's SQL first, then held to
    its contract, then created. `adapter.transpile` and `adapter.write_seed` exist under
    tools/spark_dbt.py, which starts dbt for this target.
-#}
{% macro spark__create_table_as(temporary, relation, compiled_code, language='sql') -%}
    {%- set body = adapter.transpile(compiled_code) -%}
    {%- if config.get('contract').enforced -%}
        {#- The check returns a comment-free empty text or raises; its result is not part of the statement. -#}
        {%- do get_assert_columns_equivalent(body) -%}
        {%- set body = get_select_subquery(body) -%}
    {%- endif -%}
    {%- if temporary -%}
        {{ create_temporary_view(relation, body) }}
    {%- else -%}
        create table {{ relation }} using parquet as
        {{ body }}
    {%- endif -%}
{%- endmacro %}

{% macro spark__create_view_as(relation, sql) -%}
    {%- set body = adapter.transpile(sql) -%}
    {%- if config.get('contract').enforced -%}
        {%- do get_assert_columns_equivalent(body) -%}
        {%- set body = get_select_subquery(body) -%}
    {%- endif -%}
    create or replace view {{ relation }} as
    {{ body }}
{%- endmacro %}

{#- Constraints of a contract are tested on DuckDB; plain Parquet tables have none. -#}
{% macro spark__persist_constraints(relation, model) %}{% endmacro %}

{#-
    A seed is read by DuckDB's own CSV reader, as on the other target, with the types its yml
    states (where it states none: those dbt infers, on both engines), and handed over as Parquet:
    dbt-spark would insert literals, with nulls as the text 'None' and quotes unescaped.
-#}
{% macro spark__create_csv_table(model, agate_table) %}
    {%- set types = {} -%}
    {%- for name in agate_table.column_names -%}
        {%- set inferred = adapter.convert_type(agate_table, loop.index0) -%}
        {%- do types.update({name: config.get('column_types', {}).get(name, inferred)}) -%}
    {%- endfor -%}
    {%- set folder = adapter.write_seed(
        model.root_path ~ '/' ~ model.original_file_path, model.schema, model.alias, types
    ) -%}
    {%- set sql -%}
        create table {{ this.render() }} using parquet as select * from parquet.`{{ folder }}`
    {%- endset -%}
    {%- call statement('_') -%}{{ sql }}{%- endcall -%}
    {{ return(sql) }}
{% endmacro %}

{% macro spark__load_csv_rows(model, agate_table) %}
    {{ return('') }}
{% endmacro %}
