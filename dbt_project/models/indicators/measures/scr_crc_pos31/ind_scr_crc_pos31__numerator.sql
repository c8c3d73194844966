select distinct
    positive.unit_key,
    {{ add_days('positive.value_date', 32) }} as valid_from,
    {{ window_end('positive.value_date', 18) }} as valid_to,
    colonoscopy.event_date as evidence_date,
    colonoscopy.evidence_source
from {{ ref('int_indicators__value') }} as positive
inner join {{ ref('int_indicators__event') }} as colonoscopy
    on
        positive.unit_key = colonoscopy.unit_key
        and positive.value_date <= colonoscopy.event_date
        and colonoscopy.event_date <= {{ add_days('positive.value_date', 31) }}
where
    positive.measure = 'fit'
    and positive.value_code = 'positive'
    and colonoscopy.list_name = 'colonoscopy_total'
