select unit_key, valid_from, valid_to, reason_code
from {{ ref('ind_scr_crc_elig__exclusion') }}
