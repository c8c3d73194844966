select unit_key, valid_from, valid_to, evidence_date, 'ehr' as evidence_source, 'above_target' as reason_code
from {{ ref('int_cardiovascular__ldl') }}
where ldl_mmol_l >= 1.4
