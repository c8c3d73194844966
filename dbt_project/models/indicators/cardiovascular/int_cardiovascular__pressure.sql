-- The mean of a day counts until the next day with a reading, twelve months at most.
with reading as (
    select
        systolic.unit_key,
        systolic.value_date,
        systolic.value as sbp_mmhg,
        diastolic.value as dbp_mmhg,
        lead(systolic.value_date) over (
            partition by systolic.unit_key order by systolic.value_date nulls first
        ) as next_date
    from {{ ref('int_indicators__value') }} as systolic
    inner join {{ ref('int_indicators__value') }} as diastolic
        on systolic.unit_key = diastolic.unit_key and systolic.value_date = diastolic.value_date
    where
        systolic.measure = 'sbp'
        and diastolic.measure = 'dbp'
        and systolic.value is not null
        and diastolic.value is not null
)

select
    unit_key,
    value_date as valid_from,
    least({{ window_end('value_date', 12) }}, coalesce(next_date, {{ open_end() }})) as valid_to,
    value_date as evidence_date,
    sbp_mmhg,
    dbp_mmhg
from reading
