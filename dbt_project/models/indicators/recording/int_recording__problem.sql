-- Active problems: coded, not resolved. Codes of procedures (CISP-2 from -30 to -69) are no problems. Without an end date a problem
-- that is closed is taken to be closed from its start.
with problem as (
    select distinct
        condition.person_key,
        condition.practice_key,
        coalesce(condition.start_date, condition.condition_date) as start_date,
        coalesce(condition.end_date, {{ open_end() }}) as end_date
    from {{ ref('fct_condition') }} as condition
    where
        condition.person_key is not null
        and {{ is_in_work('condition.person_key') }}
        and condition.practice_key is not null
        and condition.condition_code is not null
        and condition.condition_code not like '-%'
        and (coalesce(condition.is_active, true) or condition.end_date is not null)
)

select unit.unit_key, problem.start_date, problem.end_date
from problem
inner join {{ ref('int_indicators__unit') }} as unit
    on problem.person_key = unit.person_key and problem.practice_key = unit.practice_key
where unit.basis = 'record'
union
select cast(-person_key as bigint) as unit_key, start_date, end_date
from problem
