select
    unit_key,
    value_date as valid_from,
    {{ window_end('value_date', 24) }} as valid_to,
    value_date as evidence_date,
    'ehr' as evidence_source
from {{ ref('int_indicators__value') }}
where measure = 'smoking' and value_code in ('current', 'former', 'never')
