select distinct unit_key, valid_from, valid_to, evidence_date, evidence_source
from {{ ref('int_vaccination__done') }}
where rule_name in ('VAC-PNEU65', 'FMT-PNEU')
