select
    unit.unit_key,
    greatest(risk.found_date, {{ age_reached('unit.birth_month_date', 18) }}) as valid_from,
    unit.life_end_date as valid_to
from (
    select unit_key, min(found_date) as found_date
    from {{ ref('int_cardiovascular__very_high') }}
    group by unit_key
) as risk
inner join {{ ref('int_indicators__unit') }} as unit on risk.unit_key = unit.unit_key
where unit.birth_month_date is not null
