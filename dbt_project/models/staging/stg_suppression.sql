-- What no longer counts, and up to which version: a deletion list removes the record as sent up to
-- and including its own delivery; a correction removes what came before it; a void status itself too.
with withdrawn as (
    select source, practice_pseudo, delivery_id, 9999999999 as upto_row, record_id
    from {{ ref('stg_medirel__suppression') }}
    union all
    select source, practice_pseudo, delivery_id, 9999999999 as upto_row, record_id
    from {{ ref('stg_dosmed__suppression') }}
    union all
    select source, practice_pseudo, delivery_id, 9999999999 as upto_row, record_id
    from {{ ref('stg_fhirmed__suppression') }}
    union all
    select source, practice_pseudo, delivery_id, 9999999999 as upto_row, record_id
    from {{ ref('stg_synthea__suppression') }}
    union all
    select source, practice_pseudo, delivery_id, delivery_row - 1 as upto_row, record_id
    from {{ ref('stg_dosmed__correction') }}
    union all
    select source, practice_pseudo, delivery_id, delivery_row as upto_row, record_id
    from {{ ref('stg_fhirmed__withdrawal') }}
)

select
    withdrawn.source,
    withdrawn.practice_pseudo,
    withdrawn.record_id,
    withdrawn.delivery_id,
    delivery.version_order * 10000000000 + withdrawn.upto_row as upto_version_rank
from withdrawn
inner join {{ ref('stg_delivery') }} as delivery
    on withdrawn.delivery_id = delivery.delivery_id
where delivery.is_current
