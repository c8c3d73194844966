select
    unit_key,
    {{ add_days('start_date', 85) }} as valid_from,
    {{ window_end('start_date', 12) }} as valid_to,
    {{ add_days('start_date', 84) }} as evidence_date,
    evidence_source
from {{ ref('int_prescribing__treatment_line') }}
where
    drug_class = 'bzd_anxiolytic'
    and (gap_before_days is null or gap_before_days >= 365)
    and covered_to_date > {{ add_days('start_date', 84) }}
