select
    {{ version_columns(
        'synthea', "'observation:' || patient_pseudo || '|' || code || '|' || " ~ utc_minute('observed_at')
    ) }},
    cast(1 as integer) as coding_rank,
    'encounter:' || encounter_id as encounter_record_id,
    cast(observed_at as date) as measurement_date,
    nullif(trim(code), '') as measurement_code,
    'LOINC' as measurement_system,
    value as raw_value,
    nullif(trim(unit), '') as raw_unit,
    case when value_type = 'numeric' then {{ leading_number('value') }} end as value_number,
    case when value_type = 'numeric' then {{ leading_comparator('value') }} end as value_comparator,
    case when coalesce(value_type, 'text') <> 'numeric' then lower(nullif(trim(value), '')) end as value_text
from {{ source('synthea', 'observation') }}
