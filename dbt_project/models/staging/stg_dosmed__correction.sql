-- An element that names the one it replaces withdraws what was sent of that one before it. One that names
-- itself withdraws nothing; of two that name each other the one sent later stands.
select distinct
    'dosmed' as source,
    practice_pseudo,
    delivery_id,
    delivery_sequence,
    delivery_row,
    'element:' || remplace_element_id as record_id,
    'element:' || element_id as replacing_record_id
from {{ source('dosmed', 'element') }}
where
    remplace_element_id is not null
    and remplace_element_id <> element_id
