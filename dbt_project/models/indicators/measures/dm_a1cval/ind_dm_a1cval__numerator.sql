select unit_key, valid_from, valid_to, evidence_date, 'ehr' as evidence_source
from {{ ref('int_indicators__hba1c') }}
where is_on_target
