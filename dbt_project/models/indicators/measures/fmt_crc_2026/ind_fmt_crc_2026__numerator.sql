select unit_key, valid_from, valid_to, evidence_date, evidence_source
from {{ ref('ind_scr_crc_elig__numerator') }}
