select unit_key, valid_from, valid_to, reason_code
from {{ ref('ind_scr_bre_cov__exclusion') }}
