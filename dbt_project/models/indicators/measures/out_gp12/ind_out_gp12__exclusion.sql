-- Out of reach: in an institution, in a long stay, moved away, pregnant.
select unit_key, valid_from, valid_to, reason_code
from {{ ref('int_pathway__set_aside') }}
