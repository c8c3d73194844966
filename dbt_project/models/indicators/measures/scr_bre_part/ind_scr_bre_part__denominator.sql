-- The published rate counts women from the year they turn 50 and those of 75 completed years.
select
    unit_key,
    make_date(cast(extract(year from birth_month_date) as integer) + 50, 1, 1) as valid_from,
    least({{ age_reached('birth_month_date', 76) }}, life_end_date) as valid_to
from {{ ref('int_indicators__unit') }}
where birth_month_date is not null and sex = 'F'
