{#-
    The ledger of what has been processed: small tables in schema `ledger`, each written in the
    transaction of the model it speaks of, so that a killed run leaves model and ledger agreed.

    due_batch           how many batches of due patients were ever made, by which rules
    processed_delivery  deliveries already turned into due patients, and in which batch
    processed_link      the link of every source identity when due patients were last looked for
    processed_batch     per fact model and rule version: the last batch of due patients it holds
    current_rule        per fact model: the rule version of this run, written when it starts
    built, node_parent  what every node was built from and holds; which reads which (macros/engine)
    person_batch, due_unit, practice_state, frame, work
                        the same for indicators, by person (macros/indicators/due_persons.sql)
-#}
{% macro create_ledger() -%}
    {{ return(adapter.dispatch('create_ledger', 'p4dp')()) }}
{%- endmacro %}

{% macro default__create_ledger() -%}{%- endmacro %}

{% macro duckdb__create_ledger() -%}
create schema if not exists ledger;
create table if not exists ledger.due_batch (due_batch bigint, rule_version varchar);
create table if not exists ledger.processed_delivery (
    delivery_id varchar, source varchar, practice_pseudo varchar, due_batch bigint
);
create table if not exists ledger.processed_link (source varchar, patient_pseudo varchar, person_key bigint);
create table if not exists ledger.processed_batch (model_name varchar, rule_version varchar, due_batch bigint);
create or replace table ledger.current_rule (model_name varchar, rule_version varchar);
create table if not exists ledger.built (node_id varchar, definition varchar, inputs varchar, version varchar);
create table if not exists ledger.person_batch (due_batch bigint);
create table if not exists ledger.due_unit (due_batch bigint, unit_key bigint);
create table if not exists ledger.practice_state (practice_key bigint, state varchar);
create table if not exists ledger.frame (frame varchar);
create table if not exists ledger.work (since bigint);
{%- if execute %}
{{ record_landed() }}
{{ record_rules() }}
{%- endif -%}
{%- endmacro %}

{#-
    What a kept model's rows depend on besides data: the text of the model, of every model and seed it
    is built from, of the macros, the reference files that were loaded, and the switch for claims. A
    change of any of them makes everybody due for that model.
-#}
{% macro record_rules() %}
insert into ledger.current_rule
with recursive reached as (
    select split_part(node_id, '.', 3) as model_name, node_id
    from (
        select unnest([
            {%- for node in graph.nodes.values() if is_fact(node) or is_due_list(node) %}
                '{{ node.unique_id }}' {%- if not loop.last %},{% endif %}
            {%- endfor %}
        ]) as node_id
    )
    union
    select reached.model_name, parent.parent_id
    from reached
    inner join ledger.node_parent as parent on reached.node_id = parent.node_id
),

known as (
    select distinct node_id, checksum from ledger.node_parent
)

select
    reached.model_name,
    md5(
        string_agg(
            reached.node_id || '=' || coalesce(known.checksum, built.definition || built.version, ''), '|' order by reached.node_id nulls last
        )
        || '{{ var('with_snds') }}'
    )
from reached
left join known on reached.node_id = known.node_id
left join ledger.built
    on
        reached.node_id = built.node_id
        and (reached.node_id = 'macros' or starts_with(reached.node_id, 'source.p4dp.reference.'))
group by reached.model_name;
{% endmacro %}

{#- A list of who is due, for a model that reads it through others only. -#}
{% macro due_list(name) %}
    {{ return(graph.nodes['model.p4dp.' ~ name].relation_name) }}
{% endmacro %}

{#- The lists of whom a run makes again. -#}
{% macro is_due_list(node) %}
    {{ return(node.name in ('int_linked__due_patient', 'int_indicators__due_person')) }}
{% endmacro %}

{#-
    Is this model kept up to date between runs: by due patients (facts), by due persons (persons, and
    the incremental models of indicators), or by deliveries of claims?
-#}
{% macro is_fact(node) %}
    {{ return(
        node.resource_type == 'model'
        and (
            node.fqn[1:3] in [['linked', 'facts'], ['linked', 'persons'], ['linked', 'claims']]
            or is_kept_indicator(node)
        )
    ) }}
{% endmacro %}

{% macro is_kept_indicator(node) %}
    {{ return(
        node.resource_type == 'model' and node.fqn[1] == 'indicators'
        and node.config.materialized == 'incremental' and not is_due_list(node)
    ) }}
{% endmacro %}

{#- The number of the last batch made; 0 before the first. -#}
{% macro current_batch() %}
    {{ return(run_query("select coalesce(max(due_batch), 0) from ledger.due_batch").rows[0][0]) }}
{% endmacro %}

{#- The last batch of due patients the fact model holds under its current rules; none: rebuild all. -#}
{% macro last_batch(node) %}
    {% set found = run_query(
        "select max(processed.due_batch) from ledger.processed_batch as processed "
        ~ "inner join ledger.current_rule as rule on processed.model_name = rule.model_name "
        ~ "and processed.rule_version = rule.rule_version where processed.model_name = '" ~ node.name ~ "'"
    ) %}
    {{ return(found.rows[0][0]) }}
{% endmacro %}

{#-
    dbt's own rule, plus: a fact model whose rules changed, or whose ledger entry was withdrawn,
    is rebuilt (and swapped in) whole; so is the list of due patients when its own rules changed.
-#}
{% macro should_full_refresh() %}
    {% set asked = config.get('full_refresh') %}
    {% set asked = flags.FULL_REFRESH if asked is none else asked %}
    {% if not asked and execute and target.type == 'duckdb' and model.resource_type == 'model' %}
        {% if is_fact(model) or model.name == 'int_indicators__due_person' %}
            {% set asked = last_batch(model) is none %}
        {% elif model.name == 'int_linked__due_patient' %}
            {% set found = run_query(
                "select count(*) from ledger.due_batch inner join ledger.current_rule using (rule_version) "
                ~ "where model_name = '" ~ model.name ~ "'"
            ) %}
            {% set asked = found.rows[0][0] == 0 %}
        {% endif %}
    {% endif %}
    {% do return(asked) %}
{% endmacro %}

{#- Is anybody due whom the model does not hold yet? -#}
{% macro has_due() %}
    {% set due = due_list('int_indicators__due_person' if model.fqn[1] == 'indicators' else 'int_linked__due_patient') %}
    {% set found = run_query("select count(*) from " ~ due ~ " where due_batch > " ~ last_batch(model)) %}
    {{ return(found.rows[0][0] > 0) }}
{% endmacro %}

{#- Condition on (source, patient_pseudo): only patients due for this fact model; all on a rebuild. -#}
{% macro is_due(alias=none) %}
    {%- set due = ref('int_linked__due_patient') -%}
    {%- set prefix = alias ~ '.' if alias else '' -%}
    {%- if is_incremental() -%}
        ({{ prefix }}source, {{ prefix }}patient_pseudo) in (
            select
                due.source,
                due.patient_pseudo
            from {{ due }} as due
            where due.due_batch > {{ last_batch(model) }}
        )
    {%- else -%}
        true
    {%- endif -%}
{% endmacro %}

{#- The same on person_key, for models of persons: whoever has, or had, a due identity. -#}
{% macro is_due_person(alias=none) %}
    {%- set due = ref('int_linked__due_patient') -%}
    {%- if is_incremental() -%}
        {{ alias ~ '.' if alias else '' }}person_key in (
            select due.person_key
            from {{ due }} as due
            where due.due_batch > {{ last_batch(model) }}
        )
    {%- else -%}
        true
    {%- endif -%}
{% endmacro %}

{#- Before a kept model appends the rows of who is due: their old rows go. -#}
{% macro delete_due_rows() -%}
    {%- if execute and target.type == 'duckdb' and is_incremental() -%}
        delete from {{ this }}
        where {{ is_due_person() if model.fqn[2] == 'persons' else is_due() }}
    {%- endif -%}
{%- endmacro %}

{#- After: the model holds every batch there is, under its current rules. -#}
{% macro record_processed() -%}
    {%- if execute and target.type == 'duckdb' -%}
        delete from ledger.processed_batch where model_name = '{{ model.name }}';
        insert into ledger.processed_batch
        select
            rule.model_name,
            rule.rule_version,
            {{ current_person_batch() if is_kept_indicator(model) else current_batch() }}
        from ledger.current_rule as rule
        where rule.model_name = '{{ model.name }}';
    {%- endif -%}
{%- endmacro %}

{#-
    In the transaction that appends due patients: remember the deliveries and links looked at.
    Where every patient became due (first build, other rules, a delivery that is no longer there),
    every fact model's entry is withdrawn instead, so that each is rebuilt whole.
-#}
{% macro record_due() -%}
    {%- if execute and target.type == 'duckdb' -%}
        {%- set batch = current_batch() + 1 -%}
        {%- if not is_incremental() or has_withdrawn_delivery() %}
        delete from ledger.processed_batch;
        delete from ledger.processed_delivery;
        {%- endif %}
        insert into ledger.processed_delivery
        select
            delivery.delivery_id,
            delivery.source,
            delivery.practice_pseudo,
            {{ batch }}
        from {{ ref('stg_delivery') }} as delivery
        where delivery.delivery_id not in (select seen.delivery_id from ledger.processed_delivery as seen);
        delete from ledger.processed_link;
        insert into ledger.processed_link
        select
            link.source,
            link.patient_pseudo,
            link.person_key
        from {{ source('register', 'person_link') }} as link;
        delete from ledger.due_batch;
        insert into ledger.due_batch
        select
            {{ batch }},
            rule.rule_version
        from ledger.current_rule as rule
        where rule.model_name = '{{ model.name }}';
    {%- endif -%}
{%- endmacro %}

{#- Has a delivery that was processed left the landing zone (erasure, retention)? -#}
{% macro has_withdrawn_delivery() %}
    {% set found = run_query(
        "select count(*) from ledger.processed_delivery where delivery_id not in (select delivery_id from "
        ~ ref('stg_delivery') ~ ")"
    ) %}
    {{ return(found.rows[0][0] > 0) }}
{% endmacro %}

{#- Do the claims that stand come from other deliveries than those the model speaks of? -#}
{% macro has_other_claims() %}
    {% set found = run_query(
        "select count(*) from (select delivery_id from " ~ ref('stg_delivery') ~ " where source = 'snds') as delivered "
        ~ "full outer join (select distinct delivery_id from " ~ this ~ ") as held using (delivery_id) "
        ~ "where delivered.delivery_id is null or held.delivery_id is null"
    ) %}
    {{ return(found.rows[0][0] > 0) }}
{% endmacro %}

{#- Is a model about whole deliveries of claims to be made again? Always, but when it holds them already. -#}
{% macro are_claims_due() %}
    {{ return(not (execute and is_incremental()) or has_other_claims()) }}
{% endmacro %}

{#- Before such a model is made again: its old rows go. -#}
{% macro delete_old_claims() -%}
    {%- if execute and target.type == 'duckdb' and is_incremental() and has_other_claims() -%}
        delete from {{ this }}
    {%- endif -%}
{%- endmacro %}
