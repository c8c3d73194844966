select unit_key, judged_from as valid_from, judged_to as valid_to
from {{ ref('int_vaccination__pregnancy') }}
