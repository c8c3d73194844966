select
    source,
    practice_pseudo,
    patient_pseudo,
    record_id,
    record_line,
    delivery_id,
    delivery_sequence,
    delivery_row,
    coding_rank,
    encounter_record_id,
    condition_date,
    condition_code,
    condition_system,
    start_date,
    end_date,
    is_active
from {{ ref('stg_medirel__condition') }}
union all
select
    source,
    practice_pseudo,
    patient_pseudo,
    record_id,
    record_line,
    delivery_id,
    delivery_sequence,
    delivery_row,
    coding_rank,
    encounter_record_id,
    condition_date,
    condition_code,
    condition_system,
    start_date,
    end_date,
    is_active
from {{ ref('stg_dosmed__condition') }}
union all
select
    source,
    practice_pseudo,
    patient_pseudo,
    record_id,
    record_line,
    delivery_id,
    delivery_sequence,
    delivery_row,
    coding_rank,
    encounter_record_id,
    condition_date,
    condition_code,
    condition_system,
    start_date,
    end_date,
    is_active
from {{ ref('stg_fhirmed__condition') }}
