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
    procedure_date,
    procedure_code,
    procedure_system,
    quantity,
    setting
from {{ ref('stg_medirel__procedure') }}
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
    practitioner_pseudo,
    procedure_date,
    procedure_code,
    procedure_system,
    quantity,
    setting
from {{ ref('stg_dosmed__procedure') }}
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
    practitioner_pseudo,
    procedure_date,
    procedure_code,
    procedure_system,
    quantity,
    setting
from {{ ref('stg_fhirmed__procedure') }}
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
    practitioner_pseudo,
    procedure_date,
    procedure_code,
    procedure_system,
    quantity,
    setting
from {{ ref('stg_snds__procedure') }}
