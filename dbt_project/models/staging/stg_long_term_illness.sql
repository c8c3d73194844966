select
    source,
    practice_pseudo,
    patient_pseudo,
    record_id,
    record_line,
    delivery_id,
    delivery_sequence,
    delivery_row,
    exemption_nature_code,
    list_number,
    long_term_illness_code,
    long_term_illness_system,
    start_date,
    end_date
from {{ ref('stg_snds__long_term_illness') }}
