select unit_key, valid_from, valid_to, evidence_date, 'ehr' as evidence_source, 'bp_at_or_above_130_80' as reason_code
from {{ ref('int_cardiovascular__pressure') }}
where sbp_mmhg >= 130 or dbp_mmhg >= 80
