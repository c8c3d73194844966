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
    vaccination_date,
    vaccination_code,
    vaccination_system,
    valence_code
from {{ ref('stg_medirel__vaccination') }}
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
    vaccination_date,
    vaccination_code,
    vaccination_system,
    valence_code
from {{ ref('stg_dosmed__vaccination') }}
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
    vaccination_date,
    vaccination_code,
    vaccination_system,
    valence_code
from {{ ref('stg_fhirmed__vaccination') }}
