select unit_key, valid_from, valid_to, reason_code
from {{ ref('ind_dm_a1c2__exclusion') }}
