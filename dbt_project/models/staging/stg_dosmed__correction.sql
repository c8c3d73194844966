-- An element that names the one it replaces withdraws what was sent of that one before it.
select distinct
    'dosmed' as source,
    practice_pseudo,
    delivery_id,
    delivery_sequence,
    delivery_row,
    'element:' || remplace_element_id as record_id
from {{ source('dosmed', 'element') }}
where
    remplace_element_id is not null
    and remplace_element_id <> element_id
