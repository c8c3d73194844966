select
    unit_key,
    value_date as valid_from,
    {{ window_end('value_date', 12) }} as valid_to,
    value_date as evidence_date,
    'ehr' as evidence_source
from {{ ref('int_indicators__value') }}
where measure = 'foot_risk_grade' and (value between 0 and 3 or value_code is not null)
