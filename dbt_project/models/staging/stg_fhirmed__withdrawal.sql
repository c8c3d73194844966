-- Resources sent with a status that says they never held (entered in error, refuted, not done):
-- this version and those before it do not count.
{% set void = "('entered-in-error', 'cancelled', 'planned', 'draft', 'not-done', 'preparation')" %}
with withdrawn as (
    select practice_pseudo, delivery_id, delivery_row, 'encounter:' || resource_id as record_id
    from {{ source('fhirmed', 'encounter') }}
    where lower(status) in {{ void }}
    union all
    select practice_pseudo, delivery_id, delivery_row, 'condition:' || resource_id as record_id
    from {{ source('fhirmed', 'condition') }}
    where lower(verification_status) in ('entered-in-error', 'refuted')
    union all
    select practice_pseudo, delivery_id, delivery_row, 'observation:' || resource_id as record_id
    from {{ source('fhirmed', 'observation') }}
    where lower(status) in {{ void }}
    union all
    select practice_pseudo, delivery_id, delivery_row, 'medicationrequest:' || resource_id as record_id
    from {{ source('fhirmed', 'medication_request') }}
    where lower(status) in {{ void }}
    union all
    select practice_pseudo, delivery_id, delivery_row, 'immunization:' || resource_id as record_id
    from {{ source('fhirmed', 'immunization') }}
    where lower(status) <> 'completed'
    union all
    select practice_pseudo, delivery_id, delivery_row, 'procedure:' || resource_id as record_id
    from {{ source('fhirmed', 'procedure') }}
    where lower(status) in {{ void }}
)

select
    'fhirmed' as source,
    practice_pseudo,
    delivery_id,
    delivery_row,
    record_id
from withdrawn
