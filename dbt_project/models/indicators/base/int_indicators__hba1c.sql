-- 7 % is 53.0 mmol/mol by the IFCC master equation; the last value holds until the next one, twelve months at most.
with result as (
    select
        unit_key,
        value_date,
        value,
        lead(value_date) over (partition by unit_key order by value_date nulls first) as next_date
    from {{ ref('int_indicators__value') }}
    where measure = 'hba1c' and value is not null
)

select
    unit_key,
    value_date as valid_from,
    least({{ window_end('value_date', 12) }}, coalesce(next_date, {{ open_end() }})) as valid_to,
    value_date as evidence_date,
    value as hba1c_mmol_mol,
    -- NGSP = 0.09148 IFCC + 2.152
    value * 0.09148 + 2.152 <= 7.0 as is_on_target
from result
