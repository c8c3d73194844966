with result as (
    select
        fct_measurement.person_key,
        fct_measurement.practice_key,
        fct_measurement.measure,
        fct_measurement.measurement_date,
        cast(fct_measurement.value as decimal(18, 6)) as value,
        fct_measurement.value_code
    from {{ ref('fct_measurement') }} as fct_measurement
    where
        fct_measurement.person_key is not null
        and {{ is_in_work('fct_measurement.person_key') }}
        and fct_measurement.measure is not null
        and coalesce(fct_measurement.is_plausible, true)
        and not coalesce(fct_measurement.is_duplicate, false)
        and (fct_measurement.value is not null or fct_measurement.value_code is not null)
),

placed as (
    select unit.unit_key, result.measure, result.measurement_date, result.value, result.value_code
    from result
    inner join {{ ref('int_indicators__unit') }} as unit
        on result.person_key = unit.person_key and result.practice_key = unit.practice_key
    where unit.basis = 'record'
    union all
    select cast(-person_key as bigint) as unit_key, measure, measurement_date, value, value_code
    from result
)

-- Same-day readings are averaged; of same-day statuses the more serious one counts.
select
    unit_key,
    measure,
    measurement_date as value_date,
    {{ ratio('sum(value)', 'count(value)') }} as value,
    case when measure = 'smoking' then min(value_code) else max(value_code) end as value_code
from placed
group by unit_key, measure, measurement_date
