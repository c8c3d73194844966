-- 40 to 69 years: from 70 on another model applies.
select
    unit_key,
    {{ age_reached('birth_month_date', 40) }} as valid_from,
    least({{ age_reached('birth_month_date', 70) }}, life_end_date) as valid_to
from {{ ref('int_indicators__unit') }}
where birth_month_date is not null and sex in ('M', 'F')
