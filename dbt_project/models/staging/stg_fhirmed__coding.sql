-- Every coding of every resource, its system under the name used here (seed code_system_map), the
-- address as sent where that is not known.
select
    coding.practice_pseudo,
    coding.patient_pseudo,
    coding.delivery_id,
    lower(coding.resource_type) as resource_type,
    coding.resource_id,
    coding.element,
    coding.coding_index,
    coalesce(known.code_system, coding.code_system, 'unknown') as code_system,
    {{ known_code('coding.code', 'known.code_system') }} as code
from {{ source('fhirmed', 'coding') }} as coding
left join {{ ref('code_system_map') }} as known
    on coding.code_system = known.system_as_sent
