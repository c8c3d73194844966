select unit_key, valid_from, valid_to
from {{ ref('ind_scr_bre_cov__denominator') }}
