-- From 70 years on; the model ends below 90.
select
    unit_key,
    {{ age_reached('birth_month_date', 70) }} as valid_from,
    least({{ age_reached('birth_month_date', 90) }}, life_end_date) as valid_to
from {{ ref('int_indicators__unit') }}
where birth_month_date is not null and sex in ('M', 'F')
