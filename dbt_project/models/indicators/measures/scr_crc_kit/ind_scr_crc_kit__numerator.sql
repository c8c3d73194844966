select distinct
    kit.unit_key,
    {{ window_end('kit.event_date', 6) }} as valid_from,
    {{ window_end('kit.event_date', 18) }} as valid_to,
    reading.evidence_date,
    reading.evidence_source
from {{ ref('int_indicators__event') }} as kit
inner join {{ ref('ind_scr_crc_part__numerator') }} as reading
    on
        kit.unit_key = reading.unit_key
        and kit.event_date <= reading.evidence_date
        and reading.evidence_date < {{ window_end('kit.event_date', 6) }}
where kit.list_name = 'crc_kit_fee'
