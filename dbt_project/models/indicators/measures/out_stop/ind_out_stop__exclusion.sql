{{ excluded_by_lists(ref('int_indicators__event'), ['palliative'], 'palliative') }}
union all
-- In an institution or a long stay medicines are supplied otherwise; in pregnancy many are stopped on purpose.
select unit_key, valid_from, valid_to, reason_code
from {{ ref('int_pathway__set_aside') }}
