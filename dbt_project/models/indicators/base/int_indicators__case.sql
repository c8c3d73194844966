{%- set coded = "entity in ('condition', 'long_term_illness', 'hospital_diagnosis')" -%}
-- From which date on somebody is known to have a disease: the first code, or what treatments and results prove.
with event as (
    select unit_key, list_name, role, entity, event_date
    from {{ ref('int_indicators__event') }}
),

-- Medicines given on three different dates within twelve months; those with another use prove nothing alone.
treated_day as (
    select distinct
        unit_key,
        case list_name when 'antidiabetic_specific' then 'diabetes' else 'hypertension' end as case_name,
        event_date
    from event
    where
        list_name in ('antidiabetic_specific', 'antihypertensive_specific') and entity in ('prescription', 'dispensing')
),

treated as (
    select unit_key, case_name, min(event_date) as event_date
    from (
        select
            unit_key,
            case_name,
            event_date,
            lag(event_date, 2) over (partition by unit_key, case_name order by event_date nulls first) as earlier_date
        from treated_day
    ) as spaced
    where earlier_date is not null and {{ window_end('earlier_date', 12) }} > event_date
    group by unit_key, case_name
),

-- Kidney disease from results: two low filtration rates, or two raised ratios, at least 90 days apart.
kidney_result as (
    select value.unit_key, value.measure, value.value_date
    from {{ ref('int_indicators__value') }} as value
    inner join {{ ref('int_indicators__unit') }} as unit on value.unit_key = unit.unit_key
    where
        (value.measure = 'acr' and value.value > 3)
        or (
            value.measure = 'creatinine'
            and {{ ckd_epi_2009(
                'value.value',
                age_years('extract(year from unit.birth_month_date)', 'extract(month from unit.birth_month_date)', 'value.value_date'),
                'unit.sex'
            ) }} < 60
        )
),

kidney as (
    select later.unit_key, min(later.value_date) as event_date
    from kidney_result as later
    inner join kidney_result as earlier
        on
            later.unit_key = earlier.unit_key
            and later.measure = earlier.measure
            and later.value_date >= {{ add_days('earlier.value_date', 90) }}
    group by later.unit_key
),

found as (
    select unit_key, list_name as case_name, event_date
    from event
    where
        {{ coded }}
        and role = 'case'
        and list_name in ('diabetes', 'hypertension', 'heart_failure', 'severe_mental_illness')
    union all
    select unit_key, 'ascvd' as case_name, event_date
    from event
    where {{ coded }} and role = 'ascvd'
    union all
    select unit_key, 'copd' as case_name, event_date
    from event
    where {{ coded }} and list_name = 'copd_specific'
    union all
    -- A code for any urinary disease proves no kidney disease.
    select unit_key, 'ckd' as case_name, event_date
    from event
    where {{ coded }} and list_name = 'ckd_specific'
    union all
    select unit_key, 'heart_failure' as case_name, event_date
    from event
    where list_name = 'arni' and entity in ('prescription', 'dispensing')
    union all
    select unit_key, case_name, event_date
    from treated
    union all
    select unit_key, 'ckd' as case_name, event_date
    from kidney
    union all
    -- A long-term illness of any kind counts, whether or not its code is in a list.
    select unit.unit_key, 'long_term_illness' as case_name, illness.start_date as event_date
    from {{ ref('fct_long_term_illness') }} as illness
    inner join {{ ref('int_indicators__unit') }} as unit on illness.person_key = unit.person_key
    where unit.basis = 'linked'
)

select unit_key, case_name, min(event_date) as case_date
from found
group by unit_key, case_name
