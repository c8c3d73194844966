select
    {{ version_columns('dosmed', "'dossier:' || patient_pseudo") }},
    annee_naissance as birth_year,
    mois_naissance as birth_month,
    case upper(trim(sexe)) when 'H' then 'M' when 'F' then 'F' else 'U' end as sex,
    nullif(trim(commune_insee), '') as commune_code,
    date_deces as death_date,
    nir_pseudo,
    nir_status,
    traits_pseudo,
    est_medecin_traitant as is_declared,
    date_ouverture as registration_start_date,
    date_fermeture as registration_end_date
from {{ source('dosmed', 'dossier') }}
