{#- Shapes that many measures share. `events` and `tests` are relations; months and days are numbers. -#}

{#- A fact of one of these lists counts for so many months from its date. -#}
{% macro evidence_of_lists(events, lists, months, entities=none) -%}
select distinct
    unit_key,
    event_date as valid_from,
    {{ window_end('event_date', months) }} as valid_to,
    event_date as evidence_date,
    evidence_source
from {{ events }}
where
    list_name in ('{{ lists | join("', '") }}')
    {%- if entities %}
    and entity in ('{{ entities | join("', '") }}')
    {%- endif %}
{%- endmacro %}

{#- A test of one of these names counts for so many months, whatever its result. -#}
{% macro evidence_of_tests(tests, names, months) -%}
select distinct
    unit_key,
    test_date as valid_from,
    {{ window_end('test_date', months) }} as valid_to,
    test_date as evidence_date,
    evidence_source
from {{ tests }}
where test_name in ('{{ names | join("', '") }}')
{%- endmacro %}

{#- A visit to a doctor of this speciality counts for so many months. -#}
{% macro evidence_of_visits(contacts, specialist, months) -%}
select
    unit_key,
    contact_date as valid_from,
    {{ window_end('contact_date', months) }} as valid_to,
    contact_date as evidence_date,
    evidence_source
from {{ contacts }}
where specialist = '{{ specialist }}'
{%- endmacro %}

{#- People are excluded from a fact of one of these lists on, for ever or for so many months. -#}
{% macro excluded_by_lists(events, lists, reason, months=none) -%}
select distinct
    unit_key,
    event_date as valid_from,
    {% if months %}{{ window_end('event_date', months) }}{% else %}{{ open_end() }}{% endif %} as valid_to,
    '{{ reason }}' as reason_code
from {{ events }}
where
    list_name in ('{{ lists | join("', '") }}')
    and entity in ('condition', 'procedure', 'long_term_illness', 'hospital_diagnosis')
{%- endmacro %}

{#-
    Facts on so many different dates within so many months, from the last of them until the first leaves the window. All of one
    kind: a prescription and its dispensing the day after are one treatment, not two.
-#}
{% macro evidence_of_repeats(events, lists, times, months, entities) -%}
select
    unit_key,
    event_date as valid_from,
    {{ window_end('first_date', months) }} as valid_to,
    event_date as evidence_date,
    evidence_source
from (
    select
        unit_key,
        event_date,
        evidence_source,
        lag(event_date, {{ times - 1 }}) over (
            partition by unit_key, entity order by event_date nulls first
        ) as first_date
    from (
        select unit_key, entity, event_date, max(evidence_source) as evidence_source
        from {{ events }}
        where
            list_name in ('{{ lists | join("', '") }}')
            and entity in ('{{ entities | join("', '") }}')
        group by unit_key, entity, event_date
    ) as day
) as spaced
where first_date is not null
{%- endmacro %}

{#- People with one of these diseases, between two ages, alive. -#}
{% macro people_with_case(units, cases, names, from_age=18, below_age=none) -%}
select
    unit.unit_key,
    greatest(disease.case_date, {{ age_reached('unit.birth_month_date', from_age) }}) as valid_from,
    {% if below_age -%}
    least({{ age_reached('unit.birth_month_date', below_age) }}, unit.life_end_date) as valid_to
    {%- else -%}
    unit.life_end_date as valid_to
    {%- endif %}
from (
    select unit_key, min(case_date) as case_date
    from {{ cases }}
    where case_name in ('{{ names | join("', '") }}')
    group by unit_key
) as disease
inner join {{ units }} as unit on disease.unit_key = unit.unit_key
where unit.birth_month_date is not null
{%- endmacro %}

{#- People between two ages, alive; of one sex where given. -#}
{% macro people_of_age(units, from_age, below_age=none, sex=none) -%}
select
    unit_key,
    {{ age_reached('birth_month_date', from_age) }} as valid_from,
    {% if below_age -%}
    least({{ age_reached('birth_month_date', below_age) }}, life_end_date) as valid_to
    {%- else -%}
    life_end_date as valid_to
    {%- endif %}
from {{ units }}
where
    birth_month_date is not null
    {%- if sex %}
    and sex = '{{ sex }}'
    {%- endif %}
{%- endmacro %}
