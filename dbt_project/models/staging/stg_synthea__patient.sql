select
    {{ version_columns('synthea', "'patient:' || patient_pseudo") }},
    birth_year,
    birth_month,
    case upper(trim(gender)) when 'M' then 'M' when 'F' then 'F' else 'U' end as sex,
    cast(null as string) as commune_code,
    death_date,
    nir_pseudo,
    nir_status,
    traits_pseudo,
    cast(null as boolean) as is_declared,
    cast(null as date) as registration_start_date,
    cast(null as date) as registration_end_date
from {{ source('synthea', 'patient') }}
