-- From 85 years, in dementia and at the end of life the target is individual.
select unit_key, {{ age_reached('birth_month_date', 85) }} as valid_from, {{ open_end() }} as valid_to, 'individual_target' as reason_code
from {{ ref('int_indicators__unit') }}
where birth_month_date is not null
union all
{{ excluded_by_lists(ref('int_indicators__event'), ['palliative', 'dementia'], 'individual_target') }}
