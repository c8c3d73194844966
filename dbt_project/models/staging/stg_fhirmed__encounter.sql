select
    {{ version_columns('fhirmed', "'encounter:' || resource_id") }},
    {{ fhir_date('period_start') }} as encounter_date,
    case upper(class_code)
        when 'AMB' then 'consultation'
        when 'HH' then 'visit'
        when 'VR' then 'teleconsultation'
        when 'EMER' then 'emergency'
        when 'IMP' then 'hospital'
        when 'ACUTE' then 'hospital'
        when 'SS' then 'hospital'
        else 'unknown'
    end as encounter_type,
    class_code as encounter_code,
    'fhir:v3-ActCode' as encounter_system,
    practitioner_pseudo,
    cast(null as integer) as specialty_code,
    cast(1 as bigint) as quantity
from {{ source('fhirmed', 'encounter') }}
where status is null or lower(status) not in ('entered-in-error', 'cancelled', 'planned')
