select
    {{ version_columns('synthea', "'encounter:' || encounter_id") }},
    cast(start_at as date) as encounter_date,
    case lower(trim(encounter_class))
        when 'ambulatory' then 'consultation'
        when 'outpatient' then 'consultation'
        when 'wellness' then 'consultation'
        when 'urgentcare' then 'consultation'
        when 'virtual' then 'teleconsultation'
        when 'home' then 'visit'
        when 'emergency' then 'emergency'
        when 'inpatient' then 'hospital'
        when 'hospice' then 'hospital'
        when 'snf' then 'hospital'
        else 'unknown'
    end as encounter_type,
    encounter_class as encounter_code,
    'synthea:encounter_class' as encounter_system,
    practitioner_pseudo,
    cast(null as integer) as specialty_code,
    cast(1 as bigint) as quantity
from {{ source('synthea', 'encounter') }}
