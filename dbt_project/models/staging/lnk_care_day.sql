-- Days of care an identity is known to have had: what the linkage of claims compares with the practices'
-- own records.
select
    source,
    patient_pseudo,
    care_kind,
    care_date,
    care_code,
    practitioner_pseudo
from {{ ref('lnk_claim_day') }}
union all
select
    source,
    patient_pseudo,
    care_kind,
    care_date,
    care_code,
    practitioner_pseudo
from {{ ref('lnk_record_day') }}
