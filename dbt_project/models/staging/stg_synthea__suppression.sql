select
    'synthea' as source,
    practice_pseudo,
    delivery_id,
    delivery_sequence,
    lower(table_name) || ':' || record_id as record_id
from {{ source('synthea', 'suppression') }}
