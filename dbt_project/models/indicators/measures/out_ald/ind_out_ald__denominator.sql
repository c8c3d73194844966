select distinct
    unit.unit_key,
    greatest(illness.start_date, {{ age_reached('unit.birth_month_date', 16) }}) as valid_from,
    least(coalesce(illness.end_date, {{ open_end() }}), unit.life_end_date) as valid_to
from {{ ref('fct_long_term_illness') }} as illness
inner join {{ ref('int_indicators__unit') }} as unit on illness.person_key = unit.person_key
where unit.basis = 'linked' and unit.birth_month_date is not null and illness.start_date is not null
