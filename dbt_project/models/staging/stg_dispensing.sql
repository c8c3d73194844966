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
    practitioner_pseudo,
    dispensing_date,
    dispensing_code,
    dispensing_system,
    quantity
from {{ ref('stg_snds__dispensing') }}
