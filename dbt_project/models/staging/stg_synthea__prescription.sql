-- RxNorm codes, which no list here reads: they stand as sent and are counted by fct_unmapped_code.
select
    {{ version_columns(
        'synthea', "'medication:' || encounter_id || '|' || code || '|' || " ~ utc_minute('start_at')
    ) }},
    cast(1 as integer) as coding_rank,
    'encounter:' || encounter_id as encounter_record_id,
    cast(null as string) as practitioner_pseudo,
    cast(start_at as date) as prescription_date,
    nullif(trim(code), '') as prescription_code,
    'RxNorm' as prescription_system,
    cast(dispense_count as double) as box_count,
    cast({{ days_between('cast(start_at as date)', 'cast(stop_at as date)') }} as integer) as duration_days
from {{ source('synthea', 'medication') }}
