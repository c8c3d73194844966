{#-
    What the sources hold, for `ledger.built`: of a landing table the list of its files, which never
    change once written; of the small zones beside it (register, exchange, reference) the content.
    Also which node reads what, with its text, and the text of all macros.
-#}
{% macro record_landed() %}
    {%- set zone = env_var('P4DP_HOME', 'data') ~ '/landing/' -%}
    {%- set pattern = zone ~ '*/*/**/*.parquet' -%}
    {%- set files = {} -%}
    {%- if run_query("select count(*) from glob('" ~ pattern ~ "')").rows[0][0] > 0 -%}
        {%- set listing = run_query(
            "with landed as (select substr(filename, length('" ~ zone ~ "') + 1) as file, size, last_modified "
            ~ "from read_blob('" ~ pattern ~ "')) "
            ~ "select split_part(file, '/', 1) || '/' || split_part(file, '/', 2), "
            ~ "md5(string_agg(file || size || last_modified, '|' order by file nulls last)) from landed group by 1"
        ) -%}
        {%- for row in listing.rows -%}{%- do files.update({row[0]: row[1]}) -%}{%- endfor -%}
    {%- endif -%}
delete from ledger.built where starts_with(node_id, 'source.') or node_id = 'macros';
insert into ledger.built
select
    'macros',
    md5(string_agg(content, '' order by filename nulls last)),
    '',
    ''
from read_text('{{ invocation_args_dict.get('project_dir') or '.' }}/dbt_project/macros/**/*.sql');
create or replace table ledger.node_parent (node_id varchar, checksum varchar, is_view boolean, parent_id varchar);
insert into ledger.node_parent values
    {%- for node in graph.nodes.values() if node.resource_type in ('model', 'seed') %}
        {%- set is_view = node.config.materialized == 'view' -%}
        {%- for parent in ['macros'] + (node.depends_on.get('nodes') or []) %}
    ('{{ node.unique_id }}', '{{ node.checksum.checksum }}', {{ is_view }}, '{{ parent }}'),
        {%- endfor %}
    {%- endfor %}
    (null, null, null, null);
    {%- for source in graph.sources.values() if source.package_name == 'p4dp' %}
        {%- set relation = target.database ~ '.' ~ source.schema ~ '."' ~ source.identifier ~ '"' -%}
        {%- if source.schema in ('register', 'exchange', 'reference') -%}
            {%- set version = "(select md5(concat_ws('|', count(*), sum(cast(hash(*columns(*)) as hugeint)))) from "
                ~ relation ~ ")" -%}
        {%- elif source.schema == 'snds' and not var('with_snds') -%}
            {%- set version = "'left out'" -%}
        {%- else -%}
            {%- set version = "'" ~ files.get(source.schema ~ '/' ~ source.identifier, 'nothing landed') ~ "'" -%}
        {%- endif %}
insert into ledger.built
select
    '{{ source.unique_id }}',
    (
        select md5(string_agg(column_name || data_type, '|' order by column_index nulls last))
        from duckdb_columns()
        where
            database_name = '{{ target.database }}'
            and schema_name = '{{ source.schema }}'
            and table_name = '{{ source.identifier }}'
    ),
    '',
    {{ version }};
    {%- endfor %}
{% endmacro %}
