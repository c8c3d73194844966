select
    {{ version_columns('fhirmed', "'patient:' || patient_pseudo") }},
    birth_year,
    birth_month,
    case lower(gender) when 'male' then 'M' when 'female' then 'F' else 'U' end as sex,
    nullif(trim(commune_code), '') as commune_code,
    {{ fhir_date('deceased_date') }} as death_date,
    nir_pseudo,
    nir_status,
    traits_pseudo,
    is_declared,
    {{ fhir_date('registration_start') }} as registration_start_date,
    {{ fhir_date('registration_end') }} as registration_end_date
from {{ source('fhirmed', 'patient') }}
