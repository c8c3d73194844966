-- The last LDL cholesterol holds until the next one, twelve months at most.
with result as (
    select
        unit_key,
        value_date,
        value as ldl_mmol_l,
        lead(value_date) over (partition by unit_key order by value_date nulls first) as next_date
    from {{ ref('int_indicators__value') }}
    where measure = 'ldl' and value is not null
)

select
    unit_key,
    value_date as valid_from,
    least({{ window_end('value_date', 12) }}, coalesce(next_date, {{ open_end() }})) as valid_to,
    value_date as evidence_date,
    ldl_mmol_l
from result
