select unit_key, valid_from, valid_to
from {{ ref('ind_out_gp12__denominator') }}
