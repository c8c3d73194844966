select distinct
    unit_key,
    start_date as valid_from,
    end_date as valid_to,
    start_date as evidence_date,
    'ehr' as evidence_source
from {{ ref('int_recording__problem') }}
