select
    source,
    practice_pseudo,
    patient_pseudo,
    record_id,
    record_line,
    delivery_id,
    delivery_sequence,
    delivery_row,
    practitioner_pseudo,
    start_date,
    end_date,
    end_reason_code
from {{ ref('stg_snds__treating_doctor') }}
