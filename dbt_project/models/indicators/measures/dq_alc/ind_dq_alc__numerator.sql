select
    unit_key,
    value_date as valid_from,
    {{ window_end('value_date', 36) }} as valid_to,
    value_date as evidence_date,
    'ehr' as evidence_source
from {{ ref('int_indicators__value') }}
where measure = 'alcohol_drinks_per_week' and value is not null
union all
{{ evidence_of_lists(ref('int_indicators__event'), ['alcohol'], 36, ['condition']) }}
