select due.unit_key, due.valid_from, least(due.valid_to, {{ age_reached('unit.birth_month_date', 6) }}) as valid_to
from {{ ref('int_vaccination__due') }} as due
inner join {{ ref('int_indicators__unit') }} as unit on due.unit_key = unit.unit_key
where due.rule_name = 'VAC-MMR2'
