select
    {{ version_columns('fhirmed', "'immunization:' || immunization.resource_id", alias='immunization') }},
    cast(coalesce(coding.coding_index, 0) + 1 as integer) as coding_rank,
    {{ fhir_date('immunization.occurrence_date') }} as vaccination_date,
    coding.code as vaccination_code,
    coalesce(coding.code_system, 'unknown') as vaccination_system,
    cast(null as string) as valence_code
from {{ source('fhirmed', 'immunization') }} as immunization
left join {{ ref('stg_fhirmed__coding') }} as coding
    on
        immunization.delivery_id = coding.delivery_id
        and immunization.practice_pseudo = coding.practice_pseudo
        and immunization.resource_id = coding.resource_id
        and coding.resource_type = 'immunization'
        and coding.element = 'code'
where immunization.status is null or lower(immunization.status) = 'completed'
