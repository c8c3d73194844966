-- A known disease, or severe organ damage, already sets the class; the model is for type 2.
select unit_key, found_date as valid_from, {{ open_end() }} as valid_to, reason_code
from {{ ref('int_cardiovascular__very_high') }}
union all
{{ excluded_by_lists(ref('int_indicators__event'), ['type_1_diabetes'], 'type_1_diabetes') }}
