select unit_key, episode_date as valid_from, {{ window_end('episode_date', 12) }} as valid_to
from {{ ref('int_prescribing__respiratory_infection') }}
