select unit_key, episode_date as valid_from, {{ window_end('episode_date', 12) }} as valid_to, antibiotic_date as evidence_date, evidence_source
from {{ ref('int_prescribing__respiratory_infection') }}
where antibiotic_date is not null
