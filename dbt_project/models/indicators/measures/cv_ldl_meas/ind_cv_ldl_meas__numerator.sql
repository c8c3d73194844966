{{ evidence_of_lists(ref('int_indicators__event'), ['lipid_panel', 'ldl_direct'], 12, ['procedure']) }}
union all
select
    unit_key,
    value_date as valid_from,
    {{ window_end('value_date', 12) }} as valid_to,
    value_date as evidence_date,
    'ehr' as evidence_source
from {{ ref('int_indicators__value') }}
where measure = 'ldl' and value is not null
