select unit_key, case_date as valid_from, {{ open_end() }} as valid_to, 'ascvd' as reason_code
from {{ ref('int_indicators__case') }}
where case_name = 'ascvd'
