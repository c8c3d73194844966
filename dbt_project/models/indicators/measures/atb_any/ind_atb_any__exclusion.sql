select unit_key, case_date as valid_from, {{ open_end() }} as valid_to, 'long_term_illness' as reason_code
from {{ ref('int_indicators__case') }}
where case_name = 'long_term_illness'
