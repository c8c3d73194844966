select
    source,
    practice_pseudo,
    patient_pseudo,
    record_id,
    record_line,
    delivery_id,
    delivery_sequence,
    delivery_row,
    diagnosis_date,
    diagnosis_code,
    diagnosis_system,
    diagnosis_role
from {{ ref('stg_snds__hospital_diagnosis') }}
