select
    unit_key,
    stopped_from as valid_from,
    judged_to as valid_to,
    covered_to_date as evidence_date,
    evidence_source
from {{ ref('int_prescribing__long_treatment') }}
where stopped_from < judged_to
