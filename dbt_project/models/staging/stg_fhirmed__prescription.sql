select
    {{ version_columns('fhirmed', "'medicationrequest:' || request.resource_id", alias='request') }},
    cast(coalesce(coding.coding_index, 0) + 1 as integer) as coding_rank,
    'encounter:' || request.encounter_id as encounter_record_id,
    request.practitioner_pseudo,
    {{ fhir_date('request.authored_date') }} as prescription_date,
    coding.code as prescription_code,
    coalesce(coding.code_system, 'unknown') as prescription_system,
    request.quantity as box_count,
    request.duration_days
from {{ source('fhirmed', 'medication_request') }} as request
left join {{ ref('stg_fhirmed__coding') }} as coding
    on
        request.delivery_id = coding.delivery_id
        and request.practice_pseudo = coding.practice_pseudo
        and request.resource_id = coding.resource_id
        and coding.resource_type = 'medicationrequest'
        and coding.element = 'code'
where request.status is null or lower(request.status) not in ('entered-in-error', 'cancelled', 'draft')
