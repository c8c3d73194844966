-- An older pneumococcal dose may be missing; where influenza itself is missing in the season, the answer is no all the same.
select flu.unit_key, flu.valid_from, flu.valid_to, 'older_doses_unknown' as reason_code
from {{ ref('int_vaccination__done') }} as flu
inner join {{ ref('int_vaccination__unobservable') }} as missing
    on
        flu.unit_key = missing.unit_key
        and missing.rule_name = 'VAC-PNEU65'
        and missing.reason_code = 'older_doses_unknown'
where flu.rule_name in ('VAC-FLU65', 'VAC-FLU-RISK')
