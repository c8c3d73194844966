-- Flows of the claims in force. A table of its own, so that what is made of claims alone stands while practices deliver.
select delivery_id
from {{ ref('stg_delivery') }}
where
    source = 'snds'
    and is_current
