-- SNOMED codes, which no list here reads: they stand as sent and are counted by fct_unmapped_code.
select
    {{ version_columns(
        'synthea', "'condition:' || encounter_id || '|' || code || '|' || cast(start_date as string)"
    ) }},
    cast(1 as integer) as coding_rank,
    'encounter:' || encounter_id as encounter_record_id,
    start_date as condition_date,
    nullif(trim(code), '') as condition_code,
    'SNOMED' as condition_system,
    start_date,
    stop_date as end_date,
    stop_date is null as is_active
from {{ source('synthea', 'condition') }}
