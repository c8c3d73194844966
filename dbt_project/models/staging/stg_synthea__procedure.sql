-- SNOMED codes, which no list here reads: they stand as sent and are counted by fct_unmapped_code.
select
    {{ version_columns(
        'synthea', "'procedure:' || encounter_id || '|' || code || '|' || " ~ utc_minute('start_at')
    ) }},
    cast(1 as integer) as coding_rank,
    cast(null as string) as practitioner_pseudo,
    cast(start_at as date) as procedure_date,
    nullif(trim(code), '') as procedure_code,
    'SNOMED' as procedure_system,
    cast(1 as bigint) as quantity,
    'ehr' as setting
from {{ source('synthea', 'procedure') }}
