{#-
    Nothing due costs nearly nothing: a node whose text and inputs are what they were is left as it
    stands. `ledger.built` remembers of each node

    definition  what shapes its columns: its compiled text, the texts of the views it reads and the
                definitions of the tables behind them, and the macros
    inputs      its definition and the versions of the tables and sources it reads
    version     what it holds: a table's content hash; of a source what has landed

    An entry is withdrawn before its table is touched and written after the commit, so that a killed
    run leaves a node that is built again, never one that is wrongly skipped.
-#}

{#-
    What the node reads, as {'definition', 'inputs'}, and `before`, the same as it was when the node was
    last built (empty: never); none where a parent was never built. Views are
    looked through to the tables and sources behind them, so that it does not matter which nodes a
    call of dbt selects.
-#}
{% macro inputs_of(node, text) %}
    {% set parents = ["'macros'"] %}
    {% for parent in node.depends_on.get('nodes') or [] %}{% do parents.append("'" ~ parent ~ "'") %}{% endfor %}
    {% set found = run_query(
        "with recursive seen as (select distinct node_id, checksum from ledger.node_parent where is_view), "
        ~ "reached as (select unnest([" ~ (parents | join(', ')) ~ "]) as node_id "
        ~ "union select parent.parent_id from reached inner join ledger.node_parent as parent "
        ~ "on reached.node_id = parent.node_id and parent.is_view), "
        ~ "found as (select reached.node_id, seen.checksum, built.definition, built.version "
        ~ "from reached left join seen using (node_id) left join ledger.built using (node_id)) "
        ~ "select count(case when checksum is null and version is null then 1 end), "
        ~ "md5(string_agg(coalesce(checksum, definition), '|' order by node_id nulls last)), "
        ~ "md5(string_agg(version, '|' order by node_id nulls last) filter (where checksum is null)), "
        ~ "(select coalesce(max(definition), '') from ledger.built where node_id = '" ~ node.unique_id ~ "'), "
        ~ "(select coalesce(max(inputs), '') from ledger.built where node_id = '" ~ node.unique_id ~ "') from found"
    ).rows[0] %}
    {% if found[0] > 0 %}{{ return(none) }}{% endif %}
    {% set contract = (node.get('contract') or {}).get('checksum') or '' %}
    {% set definition = local_md5(node.unique_id ~ text ~ contract ~ found[1]) %}
    {{ return({
        'definition': definition,
        'inputs': local_md5(definition ~ found[2]),
        'before': {'definition': found[3], 'inputs': found[4]},
    }) }}
{% endmacro %}

{% macro forget_built(node_id) %}
    {% do run_query("delete from ledger.built where node_id = '" ~ node_id ~ "'") %}
{% endmacro %}

{% macro remember_built(node_id, known, version) %}
    {% if known %}
        {% do run_query(
            "delete from ledger.built where node_id = '" ~ node_id ~ "'; insert into ledger.built values ('"
            ~ node_id ~ "', '" ~ known.definition ~ "', '" ~ known.inputs ~ "', '" ~ version ~ "')"
        ) %}
    {% endif %}
{% endmacro %}

{#-
    What a table holds, whatever the order of its rows: the same content lets what reads it stand. Of a
    large table (hashing costs more than it saves) what it was made from.
-#}
{% macro content_version(relation, known) %}
    {% if known is none or run_query("select count(*) from " ~ relation).rows[0][0] > 100000 %}
        {{ return(known.inputs if known else none) }}
    {% endif %}
    {{ return(run_query(
        "select md5(concat_ws('|', count(*), sum(cast(hash(*columns(*)) as hugeint)))) from " ~ relation
    ).rows[0][0]) }}
{% endmacro %}

{#- The node is left as it stands. -#}
{% macro leave_unchanged(relation) %}
    {% call noop_statement('main', 'UNCHANGED') %}{% endcall %}
    {{ return({'relations': [relation]}) }}
{% endmacro %}

{% materialization table, adapter='duckdb', supported_languages=['sql', 'python'] %}
    {%- set known = inputs_of(model, compiled_code) -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- if known and known.before.inputs == known.inputs and existing and existing.is_table and not flags.FULL_REFRESH -%}
        {{ return(leave_unchanged(existing)) }}
    {%- endif -%}
    {%- do forget_built(model.unique_id) -%}
    {%- set made = dbt.materialization_table_duckdb() -%}
    {%- do remember_built(model.unique_id, known, content_version(this, known)) -%}
    {{ return(made) }}
{% endmaterialization %}

{#-
    A model kept up to date by what is due stands as it is when nothing is: its version is the last
    batch that brought something. The list of due patients stands while deliveries and links do.
-#}
{% materialization incremental, adapter='duckdb', supported_languages=['sql', 'python'] %}
    {%- set rules = run_query(
        "select rule_version from ledger.current_rule where model_name = '" ~ model.name ~ "'"
    ).rows -%}
    {%- set known = inputs_of(model, rules[0][0] if rules else compiled_code) -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- if known and known.before.inputs and existing and existing.is_table and not should_full_refresh() -%}
        {%- if model.name == 'int_linked__due_patient' or not rules -%}
            {%- set is_unchanged = known.before.inputs == known.inputs -%}
        {%- elif model.name == 'int_indicators__due_person' -%}
            {%- set is_unchanged = known.before.inputs == known.inputs and not is_everyone_due() -%}
        {%- elif model.fqn[1:3] == ['linked', 'claims'] -%}
            {%- set is_unchanged = not are_claims_due() -%}
        {%- else -%}
            {%- set is_unchanged = not has_due() -%}
        {%- endif -%}
        {%- if is_unchanged -%}
            {{ return(leave_unchanged(existing)) }}
        {%- endif -%}
    {%- endif -%}
    {%- do forget_built(model.unique_id) -%}
    {%- set made = dbt.materialization_incremental_duckdb() -%}
    {%- if known -%}
        {%- do remember_built(model.unique_id, known, local_md5(known.definition ~ current_batch() ~ '-' ~ current_person_batch())) -%}
    {%- endif -%}
    {{ return(made) }}
{% endmaterialization %}

{% materialization view, adapter='duckdb' %}
    {%- set known = inputs_of(model, compiled_code) -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- if known and known.before.definition == known.definition and existing and existing.is_view and not flags.FULL_REFRESH -%}
        {{ return(leave_unchanged(existing)) }}
    {%- endif -%}
    {%- do forget_built(model.unique_id) -%}
    {%- set made = dbt.materialization_view_default() -%}
    {%- do remember_built(model.unique_id, known, '') -%}
    {{ return(made) }}
{% endmaterialization %}

{% materialization seed, adapter='duckdb' %}
    {%- set known = inputs_of(model, model.checksum.checksum ~ model.config.column_types ~ model.config.delimiter) -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- if known.before.inputs == known.inputs and existing and existing.is_table and not flags.FULL_REFRESH -%}
        {#- dbt looks for the rows of a seed, to show them -#}
        {%- do store_raw_result('agate_table', message='UNCHANGED', code='', rows_affected=0) -%}
        {{ return(leave_unchanged(existing)) }}
    {%- endif -%}
    {%- do forget_built(model.unique_id) -%}
    {%- set made = dbt.materialization_seed_default() -%}
    {%- do remember_built(model.unique_id, known, known.inputs) -%}
    {{ return(made) }}
{% endmaterialization %}

{#- A test that passed on the very rows it would read again passes. -#}
{% materialization test, adapter='duckdb' %}
    {%- set known = inputs_of(model, sql) -%}
    {%- if known and known.before.inputs == known.inputs and not flags.FULL_REFRESH -%}
        {%- call statement('main', fetch_result=True) -%}
            select 0 as failures, false as should_warn, false as should_error
        {%- endcall -%}
        {{ return({'relations': []}) }}
    {%- endif -%}
    {%- do forget_built(model.unique_id) -%}
    {%- set made = dbt.materialization_test_default() -%}
    {%- if load_result('main').table.rows[0][0] == 0 -%}
        {%- do remember_built(model.unique_id, known, 'passed') -%}
        {%- do adapter.commit() -%}
    {%- endif -%}
    {{ return(made) }}
{% endmaterialization %}
