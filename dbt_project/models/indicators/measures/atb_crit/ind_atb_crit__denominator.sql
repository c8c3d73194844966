select distinct unit_key, event_date as valid_from, {{ window_end('event_date', 12) }} as valid_to
from {{ ref('int_indicators__event') }}
where list_name = 'antibiotic' and entity in ('prescription', 'dispensing')
