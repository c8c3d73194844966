{#-
    Indicators by person touched. A run makes again only the persons that are due: their identities
    were due in the linked layer, or something a whole practice's figures rest on changed.

    working models  what measures look at (facts by unit, and all that is made of them): tables that
                    hold the due persons' rows only, everybody's in a full build
    kept models     what measures say (parts, intervals, memberships): incremental; the rows of due
                    persons are replaced by what the working models give

    Nothing kept depends on the run's date within a calendar year (the frame): a date is looked up in
    intervals that reach to the end of the year.
-#}

{#- For the facts a working model reads: only persons in work; everybody in a full build. -#}
{% macro is_in_work(person_key) -%}
    {%- set due = ref('int_indicators__due_person') -%}
    {%- set since = work_since() if execute and target.type == 'duckdb' else none -%}
    {%- if since is none -%}
        true
    {%- else -%}
        {{ person_key }} in (select due.person_key from {{ due }} as due where due.due_batch > {{ since }})
    {%- endif -%}
{%- endmacro %}

{#- The same for kept models that read kept ones: only units in work. -#}
{% macro is_unit_in_work(unit_key) -%}
    {%- set units = ref('int_indicators__unit') -%}
    {%- set since = work_since() if execute and target.type == 'duckdb' else none -%}
    {%- if since is none -%}
        true
    {%- else -%}
        {{ unit_key }} in (select unit_in_work.unit_key from {{ units }} as unit_in_work)
    {%- endif -%}
{%- endmacro %}

{#- The batch after which persons are in work; none: all of them. -#}
{% macro work_since() %}
    {#- compiled or linted on a home that was never built: there is no ledger yet -#}
    {% if not run_query("select 1 from duckdb_tables() where schema_name = 'ledger' and table_name = 'work'").rows | length %}
        {{ return(none) }}
    {% endif %}
    {{ return(run_query("select max(since) from ledger.work").rows[0][0]) }}
{% endmacro %}

{% macro current_person_batch() %}
    {{ return(run_query("select coalesce(max(due_batch), 0) from ledger.person_batch").rows[0][0]) }}
{% endmacro %}

{#-
    What everybody's rows depend on: the calendar year of the run's date, since when claims are delivered,
    and the date itself where it was set to one that lies before what was delivered.
-#}
{% macro current_frame() %}
    {{ return(run_query(
        "select concat_ws('|', extract(year from run.as_of_date), "
        ~ "min(case when delivery.source = 'snds' then delivery.period_start end), "
        ~ "case when run.as_of_date < max(case when delivery.source <> 'snds' then delivery.period_end end) "
        ~ "then run.as_of_date end) from " ~ ref('stg_run') ~ " as run "
        ~ "left join " ~ ref('stg_delivery') ~ " as delivery on true group by run.as_of_date"
    ).rows[0][0]) }}
{% endmacro %}

{#- Intervals are kept over the three years before the run's date, whichever day of its year that is, to the end of its year. -#}
{% macro frame_start() -%}
    make_date(cast(extract(year from run.as_of_date) as integer) - 3, 1, 1)
{%- endmacro %}

{% macro frame_end() -%}
    make_date(cast(extract(year from run.as_of_date) as integer), 12, 31)
{%- endmacro %}

{#- Is everybody made again: another calendar year, other rules of a kept model, claims of earlier months? -#}
{% macro is_everyone_due() %}
    {% set known = run_query("select max(frame) from ledger.frame").rows[0][0] %}
    {% if known != current_frame() %}{{ return(true) }}{% endif %}
    {% set behind = run_query(
        "select count(*) from ledger.current_rule as rule left join ledger.processed_batch as processed "
        ~ "using (model_name, rule_version) where processed.due_batch is null and model_name in (" ~ kept_names() ~ ")"
    ) %}
    {{ return(behind.rows[0][0] > 0) }}
{% endmacro %}

{% macro kept_names() %}
    {% set names = ["''"] %}
    {% for node in graph.nodes.values() if is_kept_indicator(node) %}{% do names.append("'" ~ node.name ~ "'") %}{% endfor %}
    {{ return(names | join(', ')) }}
{% endmacro %}

{#- What a practice's persons depend on besides their own facts, as one text per practice. -#}
{% macro practice_states() %}
    select
        practice.practice_key,
        concat_ws(
            '|',
            practice.first_period_date,
            case when {{ add_months('practice.last_period_date', 3) }} < run.as_of_date then practice.last_period_date end,
            (
                select string_agg(
                    stream.measurement_system || stream.measurement_code || stream.measure || stream.unit, ','
                    order by
                        stream.measurement_system asc nulls last,
                        stream.measurement_code asc nulls last,
                        stream.measure asc nulls last
                )
                from {{ ref('int_linked__measurement_stream') }} as stream
                where stream.practice_key = practice.practice_key
            ),
            (
                select string_agg(practitioner.practitioner_key, ',' order by practitioner.practitioner_key asc nulls last)
                from {{ ref('dim_practitioner') }} as practitioner
                where practitioner.practice_key = practice.practice_key
            ),
            (
                select string_agg(
                    concat_ws('|', module.population, module.antigen, module.valid_from, module.valid_to), ','
                    order by
                        module.population asc nulls last, module.antigen asc nulls last, module.valid_from asc nulls last
                )
                from {{ ref('int_indicators__vaccine_module') }} as module
                where module.practice_key = practice.practice_key and module.is_in_use
            )
        ) as state
    from {{ ref('dim_practice') }} as practice
    cross join {{ ref('stg_run') }} as run
{% endmacro %}

{#-
    In the transaction that appends due persons: what they were found by. Where everybody is due, the
    kept models' entries are withdrawn, so that each is rebuilt whole; else the working models start
    from the kept model that lags most.
-#}
{% macro record_due_persons() -%}
    {%- if execute and target.type == 'duckdb' -%}
        {%- set everyone = not is_incremental() or is_everyone_due() %}
        delete from ledger.work;
        {%- if everyone %}
        delete from ledger.processed_batch where model_name in ({{ kept_names() }});
        delete from ledger.due_unit;
        {%- else %}
        insert into ledger.work
        select min(due_batch) from ledger.processed_batch where model_name in ({{ kept_names() }});
        update ledger.processed_batch set due_batch = (select max(since) from ledger.work)
        where model_name in ({{ kept_names() }});
        {%- endif %}
        insert into ledger.person_batch values ({{ current_person_batch() + 1 }});
        delete from ledger.frame;
        insert into ledger.frame values ('{{ current_frame() }}');
        delete from ledger.practice_state;
        insert into ledger.practice_state {{ practice_states() }};
        delete from ledger.processed_batch where model_name = '{{ model.name }}';
        insert into ledger.processed_batch
        select rule.model_name, rule.rule_version, {{ current_batch() }}
        from ledger.current_rule as rule
        where rule.model_name = '{{ model.name }}';
    {%- endif -%}
{%- endmacro %}

{#- Whom a kept model replaces: persons, or the units they have or had. -#}
{% macro is_due_in_kept() -%}
    {%- if 'person_key' in model.columns -%}
        person_key in (
            select due.person_key
            from {{ due_list('int_indicators__due_person') }} as due
            where due.due_batch > {{ last_batch(model) }}
        )
    {%- else -%}
        unit_key in (select due.unit_key from ledger.due_unit as due where due.due_batch > {{ last_batch(model) }})
    {%- endif -%}
{%- endmacro %}

{#- Before a kept model appends the rows of the persons in work. Units are remembered before they go. -#}
{% macro delete_due_persons() -%}
    {%- if execute and target.type == 'duckdb' and is_incremental() -%}
        {%- if model.name == 'int_indicators__every_unit' -%}
            {{ record_due_units() }};
        {%- endif %}
        delete from {{ this }} where {{ is_due_in_kept() }}
    {%- endif -%}
{%- endmacro %}

{% macro record_due_units() -%}
    {%- if execute and target.type == 'duckdb' and is_incremental() -%}
        insert into ledger.due_unit select {{ current_person_batch() }}, unit_key from {{ this }} where {{ is_due_in_kept() }}
    {%- endif -%}
{%- endmacro %}
