select unit_key, valid_from, valid_to
from {{ ref('ind_dm_a1c2__denominator') }}
