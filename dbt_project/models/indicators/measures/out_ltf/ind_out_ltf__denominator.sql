-- Two contacts in the window (D - 36 months, D - 24 months], at 16 years or more where the age is known.
select
    spaced.unit_key,
    greatest(
        {{ window_end('spaced.contact_date', 24) }},
        coalesce({{ age_reached('unit.birth_month_date', 16) }}, cast('1900-01-01' as date))
    ) as valid_from,
    least({{ window_end('spaced.previous_date', 36) }}, unit.life_end_date) as valid_to
from (
    select
        unit_key,
        contact_date,
        lag(contact_date) over (partition by unit_key order by contact_date nulls first) as previous_date
    from (select distinct unit_key, contact_date from {{ ref('int_indicators__contact') }}) as day
) as spaced
inner join {{ ref('int_indicators__unit') }} as unit on spaced.unit_key = unit.unit_key
where spaced.previous_date is not null
