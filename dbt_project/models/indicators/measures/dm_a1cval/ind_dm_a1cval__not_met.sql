select unit_key, valid_from, valid_to, evidence_date, 'ehr' as evidence_source, 'above_target' as reason_code
from {{ ref('int_indicators__hba1c') }}
where not is_on_target
