select distinct unit_key, valid_from, valid_to, reason_code
from {{ ref('int_vaccination__unobservable') }}
where rule_name in ('VAC-PNEU65', 'FMT-PNEU')
