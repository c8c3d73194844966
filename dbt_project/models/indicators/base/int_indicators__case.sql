{%- set coded = "entity in ('condition', 'long_term_illness', 'hospital_diagnosis')" -%}
-- From which date on somebody is known to have a disease: the first code, or what treatments and results prove.
with event as (
    select unit_key, list_name, role, entity, event_date
    from {{ ref('int_indicators__event') }}
),

-- Insulin around a diabetes of pregnancy proves no other: three months before its code, nine after.
pregnant as (
    select distinct unit_key, event_date as code_date
    from event
    where list_name = 'gestational_diabetes' and {{ coded }}
),

-- Packs for three months, known to the claims by their code.
large_pack as (
    select distinct cast(-dispensing.person_key as bigint) as unit_key, dispensing.dispensing_date as event_date
    from {{ ref('fct_dispensing') }} as dispensing
    inner join {{ ref('cip_pack') }} as pack on dispensing.dispensing_code = pack.cip13
    where
        pack.is_large_pack
        and starts_with(dispensing.atc_code, 'A10')
        and dispensing.person_key is not null
        and {{ is_in_work('dispensing.person_key') }}
),

treated_day as (
    select
        event.unit_key,
        case event.list_name when 'antidiabetic_specific' then 'diabetes' else 'hypertension' end as case_name,
        event.entity,
        event.event_date,
        max(case
            when
                event.list_name = 'antidiabetic_specific'
                and event.entity = 'dispensing'
                and large_pack.unit_key is not null then 1
            else 0
        end) as is_large
    from event
    left join large_pack on event.unit_key = large_pack.unit_key and event.event_date = large_pack.event_date
    left join pregnant
        on
            case when event.list_name = 'antidiabetic_specific' then event.unit_key end = pregnant.unit_key
            and event.event_date >= {{ add_months('pregnant.code_date', -3) }}
            and event.event_date < {{ window_end('pregnant.code_date', 9) }}
    where
        event.list_name in ('antidiabetic_specific', 'antihypertensive_specific')
        and event.entity in ('prescription', 'dispensing')
        and pregnant.unit_key is null
    group by event.unit_key, event.list_name, event.entity, event.event_date
),

-- Medicines given on three different dates within twelve months, two for diabetes where one was a large pack; those with another
-- use prove nothing alone. A prescription and its dispensing are not two dates.
treated as (
    select unit_key, case_name, min(event_date) as event_date
    from (
        select
            unit_key,
            case_name,
            event_date,
            is_large,
            lag(is_large) over (
                partition by unit_key, case_name, entity order by event_date nulls first
            ) as previous_is_large,
            lag(event_date) over (
                partition by unit_key, case_name, entity order by event_date nulls first
            ) as previous_date,
            lag(event_date, 2) over (
                partition by unit_key, case_name, entity order by event_date nulls first
            ) as earlier_date
        from treated_day
    ) as spaced
    where
        (earlier_date is not null and {{ window_end('earlier_date', 12) }} > event_date)
        or (
            is_large + previous_is_large > 0
            and previous_date is not null
            and {{ window_end('previous_date', 12) }} > event_date
        )
    group by unit_key, case_name
),

-- Kidney disease from results: two low filtration rates, or two raised ratios, at least 90 days and less than 36 months apart.
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
            and later.value_date < {{ window_end('earlier.value_date', 36) }}
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
    where
        ({{ coded }} and list_name = 'copd_specific')
        -- Respiratory failure for which there is a long-term illness is nearly always of this disease.
        or (entity = 'long_term_illness' and list_name = 'respiratory_failure')
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
