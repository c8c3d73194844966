-- Readings the risk is computed from, kept for every unit: they age with the run's date.
select
    unit_key,
    measure,
    value_date,
    value,
    value_code
from {{ ref('int_indicators__value') }}
where measure in ('sbp', 'smoking', 'hba1c', 'creatinine', 'acr', 'ldl', 'tchol', 'hdl')
