-- Who is at risk, from when to when: diseases of the lists of the calendar, four bronchodilators in twelve months, a body mass index
-- of 40 or more, pregnancy. Long-term illnesses are known to the claims only; the record knows the diseases themselves.
with illness as (
    select unit.unit_key, illness.ald_number, illness.start_date, coalesce(illness.end_date, {{ open_end() }}) as end_date
    from {{ ref('fct_long_term_illness') }} as illness
    inner join {{ ref('int_indicators__unit') }} as unit on illness.person_key = unit.person_key
    where unit.basis = 'linked' and illness.ald_number is not null
),

-- Numbers of the long-term illnesses the payment scheme of 2026 names.
scheme as (
    {% for population, spans in {
        'scheme_flu': [(1, 2), (5, 10), (12, 16), (18, 22), (24, 25), (27, 28), (30, 30)],
        'scheme_covid': [(1, 3), (5, 10), (12, 16), (18, 25), (27, 28), (30, 30)],
        'scheme_pneumo': [(2, 3), (5, 9), (14, 14), (19, 19), (21, 22), (24, 25), (27, 28), (30, 30)],
    }.items() -%}
        {% set outer = loop -%}
        {% for first, last in spans -%}
            select '{{ population }}' as population, {{ first }} as first_number, {{ last }} as last_number
            {% if not (outer.last and loop.last) %}union all{% endif %}
        {% endfor %}
    {%- endfor %}
),

bronchodilator as (
    {{ evidence_of_repeats(ref('int_indicators__event'), ['respiratory'], 4, 12, ['prescription', 'dispensing']) }}
),

found as (
    select unit_key, 'flu_risk' as population, case_date as valid_from, {{ open_end() }} as valid_to
    from {{ ref('int_indicators__case') }}
    where case_name in ('diabetes', 'heart_failure', 'copd', 'ckd', 'ascvd')
    union all
    select unit_key, 'pneumo_risk' as population, case_date as valid_from, {{ open_end() }} as valid_to
    from {{ ref('int_indicators__case') }}
    where case_name in ('diabetes', 'heart_failure', 'copd', 'ckd')
    union all
    select unit_key, 'rsv_risk' as population, case_date as valid_from, {{ open_end() }} as valid_to
    from {{ ref('int_indicators__case') }}
    where case_name in ('heart_failure', 'copd')
    union all
    select unit_key, 'flu_risk' as population, start_date as valid_from, end_date as valid_to
    from illness
    where ald_number in (1, 2, 5, 6, 7, 8, 9, 10, 12, 13, 14, 15, 16, 18, 19, 20, 21, 22, 24, 25, 27, 28, 30)
    union all
    select unit_key, 'pneumo_risk' as population, start_date as valid_from, end_date as valid_to
    from illness
    where ald_number in (2, 3, 5, 6, 7, 8, 9, 14, 19, 21, 22, 24, 25, 27, 28, 30)
    union all
    -- The payment scheme of 2026 names long-term illnesses and bronchodilators, nothing else. Where no claims tell the illnesses, the
    -- diseases themselves stand for them.
    select illness.unit_key, scheme.population, illness.start_date as valid_from, illness.end_date as valid_to
    from illness
    inner join scheme on illness.ald_number >= scheme.first_number and illness.ald_number <= scheme.last_number
    union all
    select bronchodilator.unit_key, scheme_name.population, bronchodilator.valid_from, bronchodilator.valid_to
    from bronchodilator
    cross join (select distinct population from scheme) as scheme_name
    union all
    select disease.unit_key, scheme_name.population, disease.case_date as valid_from, {{ open_end() }} as valid_to
    from {{ ref('int_indicators__case') }} as disease
    inner join {{ ref('int_indicators__unit') }} as unit on disease.unit_key = unit.unit_key
    cross join (select distinct population from scheme) as scheme_name
    where
        (unit.basis = 'record' or not unit.is_linked_snds)
        and (
            disease.case_name in ('diabetes', 'heart_failure', 'copd', 'ckd')
            or (disease.case_name = 'ascvd' and scheme_name.population != 'scheme_pneumo')
        )
    union all
    select unit_key, 'flu_risk' as population, valid_from, valid_to from bronchodilator
    union all
    select unit_key, 'pneumo_risk' as population, valid_from, valid_to from bronchodilator
    union all
    select unit_key, 'flu_risk' as population, value_date as valid_from, {{ window_end('value_date', 36) }} as valid_to
    from {{ ref('int_indicators__value') }}
    where measure = 'bmi' and value >= 40
    union all
    select
        event.unit_key,
        case pregnant.n when 1 then 'flu_risk' else 'pregnancy' end as population,
        event.event_date as valid_from,
        {{ window_end('event.event_date', 9) }} as valid_to
    from {{ ref('int_indicators__event') }} as event
    cross join (
        select 1 as n
        union all
        select 2 as n
    ) as pregnant
    where event.list_name = 'pregnancy' and event.entity = 'condition'
    union all
    select
        risk.unit_key,
        risk_group.population,
        risk.known_from_date as valid_from,
        {{ open_end() }} as valid_to
    from {{ ref('int_screening__immunosuppressed') }} as risk
    cross join (
        select 'immunosuppressed' as population
        union all
        select 'pneumo_risk' as population
        union all
        select 'flu_risk' as population
    ) as risk_group
)

{{ merged_intervals('found', ['unit_key', 'population']) }}
