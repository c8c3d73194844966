-- The height of an adult counts for ever.
with height as (
    select value.unit_key, min(value.value_date) as height_date
    from {{ ref('int_indicators__value') }} as value
    inner join {{ ref('int_indicators__unit') }} as unit on value.unit_key = unit.unit_key
    where
        value.measure = 'height'
        and value.value is not null
        and value.value_date >= {{ age_reached('unit.birth_month_date', 18) }}
    group by value.unit_key
)

select
    weight.unit_key,
    greatest(weight.value_date, height.height_date) as valid_from,
    {{ window_end('weight.value_date', 36) }} as valid_to,
    weight.value_date as evidence_date,
    'ehr' as evidence_source
from {{ ref('int_indicators__value') }} as weight
inner join height on weight.unit_key = height.unit_key
where weight.measure = 'weight' and weight.value is not null
union all
select
    unit_key,
    value_date as valid_from,
    {{ window_end('value_date', 36) }} as valid_to,
    value_date as evidence_date,
    'ehr' as evidence_source
from {{ ref('int_indicators__value') }}
where measure = 'bmi' and value is not null
