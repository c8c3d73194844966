select unit_key, valid_from, valid_to
from {{ ref('ind_scr_crc_elig__denominator') }}
