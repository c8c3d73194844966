-- Stays of one person: well chained, grouped without error, not reported a second time under another number.
select
    source,
    practice_pseudo,
    patient_pseudo,
    record_id,
    record_line,
    delivery_id,
    delivery_sequence,
    delivery_row,
    hospital_code,
    stay_number,
    start_date,
    end_date,
    main_diagnosis_code,
    related_diagnosis_code,
    ghm_code,
    exit_mode,
    entry_mode
from {{ ref('stg_snds__stay_record') }}
where removal_reason is null
