-- From the first proof of a chronic disease on, at 16 years or more, alive.
with chronic as (
    select unit_key, min(case_date) as first_date
    from {{ ref('int_indicators__case') }}
    group by unit_key
)

select
    unit.unit_key,
    greatest(chronic.first_date, {{ age_reached('unit.birth_month_date', 16) }}) as valid_from,
    unit.life_end_date as valid_to
from chronic
inner join {{ ref('int_indicators__unit') }} as unit on chronic.unit_key = unit.unit_key
where unit.birth_month_date is not null
