-- SCORE2 predicts a first event in people without diabetes: a known disease already sets the class, or calls for
-- another model.
select unit_key, case_date as valid_from, {{ open_end() }} as valid_to, case_name as reason_code
from {{ ref('int_indicators__case') }}
where case_name in ('ascvd', 'diabetes')
union all
-- Familial hypercholesterolaemia and severe kidney disease set the class without a score.
{{ excluded_by_lists(ref('int_indicators__event'), ['familial_hypercholesterolaemia'], 'familial_hypercholesterolaemia') }}
union all
select unit_key, found_date as valid_from, {{ open_end() }} as valid_to, reason_code
from {{ ref('int_cardiovascular__very_high') }}
where reason_code = 'kidney_disease'
