select unit_key, case_date as valid_from, {{ open_end() }} as valid_to, 'ascvd' as reason_code
from {{ ref('int_indicators__case') }}
where case_name = 'ascvd'
union all
-- Familial hypercholesterolaemia and severe kidney disease set the class without a score.
{{ excluded_by_lists(ref('int_indicators__event'), ['familial_hypercholesterolaemia'], 'familial_hypercholesterolaemia') }}
union all
select unit_key, found_date as valid_from, {{ open_end() }} as valid_to, reason_code
from {{ ref('int_cardiovascular__very_high') }}
where reason_code = 'kidney_disease'
