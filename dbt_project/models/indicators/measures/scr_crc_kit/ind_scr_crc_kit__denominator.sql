select distinct
    unit_key,
    {{ window_end('event_date', 6) }} as valid_from,
    {{ window_end('event_date', 18) }} as valid_to
from {{ ref('int_indicators__event') }}
where list_name = 'crc_kit_fee'
