select
    {{ version_columns('medirel', "'consultation:' || num_consultation") }},
    {{ french_date('date_consultation') }} as encounter_date,
    case upper(trim(type_acte))
        when 'C' then 'consultation'
        when 'V' then 'visit'
        when 'TC' then 'teleconsultation'
        when 'TEL' then 'phone'
        when 'ADM' then 'administrative'
        when 'ACT' then 'procedure'
        else 'unknown'
    end as encounter_type,
    type_acte as encounter_code,
    'medirel:type_acte' as encounter_system,
    praticien_pseudo as practitioner_pseudo,
    cast(null as integer) as specialty_code,
    cast(1 as bigint) as quantity
from {{ source('medirel', 'consultation') }}
