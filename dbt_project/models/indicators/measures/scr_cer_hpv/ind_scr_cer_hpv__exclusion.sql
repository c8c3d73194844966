select unit_key, valid_from, valid_to, reason_code
from {{ ref('ind_scr_cer_cov__exclusion') }}
union all
-- Immunosuppressed women have other intervals.
select unit_key, known_from_date as valid_from, {{ open_end() }} as valid_to, 'immunosuppressed' as reason_code
from {{ ref('int_screening__immunosuppressed') }}
