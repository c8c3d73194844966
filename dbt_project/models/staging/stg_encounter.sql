select
    source,
    practice_pseudo,
    patient_pseudo,
    record_id,
    record_line,
    delivery_id,
    delivery_sequence,
    delivery_row,
    encounter_date,
    encounter_type,
    encounter_code,
    encounter_system,
    practitioner_pseudo,
    specialty_code,
    quantity
from {{ ref('stg_medirel__encounter') }}
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
    encounter_date,
    encounter_type,
    encounter_code,
    encounter_system,
    practitioner_pseudo,
    specialty_code,
    quantity
from {{ ref('stg_dosmed__encounter') }}
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
    encounter_date,
    encounter_type,
    encounter_code,
    encounter_system,
    practitioner_pseudo,
    specialty_code,
    quantity
from {{ ref('stg_fhirmed__encounter') }}
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
    encounter_date,
    encounter_type,
    encounter_code,
    encounter_system,
    practitioner_pseudo,
    specialty_code,
    quantity
from {{ ref('stg_snds__encounter') }}
