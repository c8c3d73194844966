select
    {{ version_columns(
        'synthea', "'immunization:' || encounter_id || '|' || code || '|' || " ~ utc_minute('given_at')
    ) }},
    cast(1 as integer) as coding_rank,
    cast(given_at as date) as vaccination_date,
    nullif(trim(code), '') as vaccination_code,
    'CVX' as vaccination_system,
    cast(null as string) as valence_code
from {{ source('synthea', 'immunization') }}
