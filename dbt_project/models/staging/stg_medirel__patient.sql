select
    {{ version_columns('medirel', "'patient:' || patient_pseudo") }},
    annee_naissance as birth_year,
    mois_naissance as birth_month,
    case
        when upper(trim(sexe)) in ('M', '1') then 'M'
        when upper(trim(sexe)) in ('F', '2') then 'F'
        else 'U'
    end as sex,
    nullif(trim(commune_insee), '') as commune_code,
    {{ french_date('date_deces') }} as death_date,
    nir_pseudo,
    nir_status,
    traits_pseudo,
    case upper(trim(medecin_traitant_declare)) when 'O' then true when 'N' then false end as is_declared,
    {{ french_date('date_inscription') }} as registration_start_date,
    {{ french_date('date_sortie') }} as registration_end_date
from {{ source('medirel', 'patient') }}
