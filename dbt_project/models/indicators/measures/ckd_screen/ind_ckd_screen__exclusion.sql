-- Known kidney disease is followed, not screened for.
select unit_key, case_date as valid_from, {{ open_end() }} as valid_to, 'ckd' as reason_code
from {{ ref('int_indicators__case') }}
where case_name = 'ckd'
