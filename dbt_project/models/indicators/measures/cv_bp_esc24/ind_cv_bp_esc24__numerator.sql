select unit_key, valid_from, valid_to, evidence_date, 'ehr' as evidence_source
from {{ ref('int_cardiovascular__pressure') }}
where sbp_mmhg < 130 and dbp_mmhg < 80
