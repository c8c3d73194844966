-- Whom each rule is about, at the ages and over the dates of its rows.
with person as (
    select
        unit.unit_key,
        'all' as population,
        unit.sex,
        unit.birth_month_date,
        unit.birth_month_date as valid_from,
        unit.life_end_date as valid_to
    from {{ ref('int_indicators__unit') }} as unit
    where unit.birth_month_date is not null
    union all
    select
        unit.unit_key,
        risk.population,
        unit.sex,
        unit.birth_month_date,
        risk.valid_from,
        least(risk.valid_to, unit.life_end_date) as valid_to
    from {{ ref('int_vaccination__risk') }} as risk
    inner join {{ ref('int_indicators__unit') }} as unit on risk.unit_key = unit.unit_key
    where unit.birth_month_date is not null
)

select
    rule.rule_name,
    rule.scheme,
    person.unit_key,
    greatest(
        person.valid_from, rule.valid_from, {{ add_months('person.birth_month_date', 'rule.age_from_months') }}
    ) as valid_from,
    least(
        person.valid_to,
        coalesce(rule.valid_to, {{ open_end() }}),
        coalesce({{ add_months('person.birth_month_date', 'rule.age_below_months') }}, {{ open_end() }})
    ) as valid_to
from {{ ref('vaccination_calendar') }} as rule
inner join person
    on
        rule.population = person.population
        and (rule.sex is null or rule.sex = person.sex)
        and (rule.born_from is null or rule.born_from <= person.birth_month_date)
