-- Alive and 50 to 74 years old: nobody is left out, as in the published participation rate.
select
    unit_key,
    {{ age_reached('birth_month_date', 50) }} as valid_from,
    least({{ age_reached('birth_month_date', 75) }}, life_end_date) as valid_to
from {{ ref('int_indicators__unit') }}
where birth_month_date is not null
