-- Of several classes, one that was not dispensed is what matters.
select distinct unit_key, judged_from as valid_from, judged_to as valid_to
from {{ ref('int_pathway__initiation') }}
