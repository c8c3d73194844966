-- When a person was observable, by source and kind of fact: outside of a window the absence of a fact says nothing.
-- Practices: days that were delivered, the module in use (months without any fact of the kind, three or more in a row, are a
-- hole), the chart open, the person alive. Claims: years in which the person's scheme can be read; provisional after the date to
-- which claims are complete. Hospitals: from the first delivered stay to that date, for people known to the claims.
with run as (
    select
        as_of_date,
        claims_as_of_date
    from {{ ref('stg_run') }}
),

deliveries as (
    select
        practice.practice_key,
        delivery.period_start as valid_from,
        {{ add_days('delivery.period_end', 1) }} as valid_to
    from {{ ref('stg_delivery') }} as delivery
    inner join {{ ref('dim_practice') }} as practice
        on delivery.practice_pseudo = practice.practice_pseudo
    where
        delivery.is_current
        and delivery.source <> 'snds'
),

delivered as (
    {{ merged_intervals('deliveries', ['practice_key']) }}
),

-- A month holds the two that follow it: holes begin with the third month in a row without any fact of the kind.
modules as (
    select
        practice_key,
        fact_kind,
        month_start_date as valid_from,
        {{ add_months('month_start_date', 3) }} as valid_to
    from {{ ref('int_linked__practice_month') }}
),

used as (
    {{ merged_intervals('modules', ['practice_key', 'fact_kind']) }}
),

practice_windows as (
    select
        used.practice_key,
        used.fact_kind,
        greatest(delivered.valid_from, used.valid_from) as valid_from,
        least(delivered.valid_to, used.valid_to) as valid_to
    from used
    inner join delivered
        on used.practice_key = delivered.practice_key
    where
        used.valid_from < delivered.valid_to
        and used.valid_to > delivered.valid_from
),

persons as (
    select
        person_key,
        {{ add_days('death_date', 1) }} as life_end_date
    from {{ ref('dim_patient') }}
),

charts as (
    select
        registration.person_key,
        registration.practice_key,
        registration.source,
        coalesce(registration.start_date, cast('1900-01-01' as date)) as valid_from,
        least(
            coalesce(registration.end_date, {{ open_end() }}), coalesce(persons.life_end_date, {{ open_end() }})
        ) as valid_to
    from {{ ref('fct_registration') }} as registration
    inner join persons
        on registration.person_key = persons.person_key
),

-- Two charts of one person in one practice are one window.
chart_spans as (
    {{ merged_intervals('charts', ['person_key', 'practice_key', 'source']) }}
),

record_windows as (
    select
        chart_spans.person_key,
        'ehr' as source_kind,
        chart_spans.source,
        chart_spans.practice_key,
        practice_windows.fact_kind,
        greatest(chart_spans.valid_from, practice_windows.valid_from) as start_date,
        least(chart_spans.valid_to, practice_windows.valid_to) as end_date,
        false as is_provisional
    from chart_spans
    inner join practice_windows
        on chart_spans.practice_key = practice_windows.practice_key
    where
        chart_spans.valid_from < practice_windows.valid_to
        and chart_spans.valid_to > practice_windows.valid_from
),

beneficiaries as (
    select
        link.person_key,
        coalesce(scheme.scheme_code, '?') as scheme_code
    from {{ ref('fct_patient_link') }} as link
    left join (
        select
            listed.patient_pseudo,
            listed.scheme_code
        from {{ ref('stg_snds__scheme') }} as listed
        inner join {{ ref('stg_delivery') }} as delivery
            on listed.delivery_id = delivery.delivery_id
        where delivery.is_current
        qualify
            row_number() over (
                partition by listed.patient_pseudo
                order by delivery.version_order desc nulls last, listed.delivery_row desc nulls last
            ) = 1
    ) as scheme
        on link.patient_pseudo = scheme.patient_pseudo
    where link.source = 'snds'
),

scheme_years as (
    select
        schemes.scheme_code,
        make_date(schemes.care_year, 1, 1) as valid_from,
        least(make_date(schemes.care_year + 1, 1, 1), {{ add_days('run.claims_as_of_date', 1) }}) as valid_to
    from {{ ref('fct_scheme_observability') }} as schemes
    cross join run
    where schemes.is_observable
),

scheme_spans as (
    {{ merged_intervals('scheme_years', ['scheme_code']) }}
),

-- What is past the date of completeness is there, and not yet all there.
claim_spans as (
    select scheme_code, valid_from, valid_to, false as is_provisional
    from scheme_spans
    union all
    select
        scheme_spans.scheme_code,
        scheme_spans.valid_to as valid_from,
        {{ add_days('run.as_of_date', 1) }} as valid_to,
        true as is_provisional
    from scheme_spans
    cross join run
    where scheme_spans.valid_to = {{ add_days('run.claims_as_of_date', 1) }}
),

claim_kinds as (
    {% for kind in ['consultation', 'dispensing', 'procedure', 'biology', 'long_term_illness'] -%}
        select '{{ kind }}' as fact_kind
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

beneficiary_spans as (
    select distinct
        beneficiaries.person_key,
        claim_spans.valid_from,
        least(claim_spans.valid_to, coalesce(persons.life_end_date, {{ open_end() }})) as valid_to,
        claim_spans.is_provisional
    from beneficiaries
    inner join claim_spans
        on beneficiaries.scheme_code = claim_spans.scheme_code
    inner join persons
        on beneficiaries.person_key = persons.person_key
),

person_spans as (
    {{ merged_intervals('beneficiary_spans', ['person_key', 'is_provisional']) }}
),

claim_windows as (
    select
        person_spans.person_key,
        'claims' as source_kind,
        'snds' as source,
        cast(null as bigint) as practice_key,
        claim_kinds.fact_kind,
        person_spans.valid_from as start_date,
        person_spans.valid_to as end_date,
        person_spans.is_provisional
    from person_spans
    cross join claim_kinds
),

hospital_span as (
    select
        min({{ month_start('start_date') }}) as valid_from
    from {{ ref('fct_hospital_stay') }}
),

hospital_windows as (
    select distinct
        beneficiaries.person_key,
        'hospital' as source_kind,
        'snds' as source,
        cast(null as bigint) as practice_key,
        'stay' as fact_kind,
        hospital_span.valid_from as start_date,
        least({{ add_days('run.claims_as_of_date', 1) }}, coalesce(persons.life_end_date, {{ open_end() }})) as end_date,
        false as is_provisional
    from beneficiaries
    inner join persons
        on beneficiaries.person_key = persons.person_key
    cross join hospital_span
    cross join run
),

windows as (
    select * from record_windows
    union all
    select * from claim_windows
    union all
    select * from hospital_windows
)

select
    person_key,
    source_kind,
    source,
    practice_key,
    fact_kind,
    start_date,
    end_date,
    is_provisional
from windows
where start_date < end_date
