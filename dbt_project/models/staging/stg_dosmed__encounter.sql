select
    {{ version_columns('dosmed', "'evenement:' || evenement_id") }},
    cast(date_evenement as date) as encounter_date,
    case upper(trim(type_evenement))
        when 'CONSULTATION' then 'consultation'
        when 'VISITE' then 'visit'
        when 'TELECONSULTATION' then 'teleconsultation'
        when 'COURRIER' then 'administrative'
        when 'SECRETARIAT' then 'administrative'
        else 'unknown'
    end as encounter_type,
    type_evenement as encounter_code,
    'dosmed:type_evenement' as encounter_system,
    praticien_pseudo as practitioner_pseudo,
    cast(null as integer) as specialty_code,
    cast(1 as bigint) as quantity
from {{ source('dosmed', 'evenement') }}
