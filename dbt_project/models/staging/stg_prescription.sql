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
    practitioner_pseudo,
    prescription_date,
    prescription_code,
    prescription_system,
    box_count,
    duration_days
from {{ ref('stg_medirel__prescription') }}
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
    practitioner_pseudo,
    prescription_date,
    prescription_code,
    prescription_system,
    box_count,
    duration_days
from {{ ref('stg_dosmed__prescription') }}
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
    practitioner_pseudo,
    prescription_date,
    prescription_code,
    prescription_system,
    box_count,
    duration_days
from {{ ref('stg_fhirmed__prescription') }}
