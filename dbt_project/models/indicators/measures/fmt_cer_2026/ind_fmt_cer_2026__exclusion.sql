select unit_key, valid_from, valid_to, reason_code
from {{ ref('ind_scr_cer_cov__exclusion') }}
