-- The last date counts until the first of the three leaves the window.
select treated.unit_key, treated.valid_from, least(treated.valid_to, unit.life_end_date) as valid_to
from {{ ref('ind_cv_statin2__numerator') }} as treated
inner join {{ ref('int_indicators__unit') }} as unit on treated.unit_key = unit.unit_key
where unit.birth_month_date is not null and treated.valid_from >= {{ age_reached('unit.birth_month_date', 18) }}
