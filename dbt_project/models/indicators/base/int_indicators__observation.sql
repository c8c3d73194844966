with run as (
    select as_of_date from {{ ref('stg_run') }}
),

-- A practice stays observed for three months past its last delivery, then it counts as silent; one that is not silent has
-- no end, so that its next delivery changes nothing for those it does not speak of.
practice as (
    select
        practice_key,
        first_period_date as observed_from_date,
        case
            when {{ add_months('dim_practice.last_period_date', 3) }} < run.as_of_date
                then {{ add_months('dim_practice.last_period_date', 3) }}
            else {{ open_end() }}
        end as observed_to_date
    from {{ ref('dim_practice') }} as dim_practice
    cross join run
),

claims as (
    select min(period_start) as observed_from_date
    from {{ ref('stg_delivery') }}
    where source = 'snds'
),

record as (
    select
        unit.unit_key,
        unit.person_key,
        unit.life_end_date,
        greatest(practice.observed_from_date, min(coalesce(registration.start_date, practice.observed_from_date)))
            as ehr_from_date,
        least(
            practice.observed_to_date, max(coalesce(registration.end_date, {{ open_end() }})), unit.life_end_date
        ) as ehr_to_date
    from {{ ref('int_indicators__unit') }} as unit
    inner join practice on unit.practice_key = practice.practice_key
    inner join {{ ref('fct_registration') }} as registration
        on unit.person_key = registration.person_key and unit.practice_key = registration.practice_key
    where unit.basis = 'record'
    group by
        unit.unit_key, unit.person_key, unit.life_end_date, practice.observed_from_date, practice.observed_to_date
),

any_record as (
    select person_key, min(ehr_from_date) as ehr_from_date, max(ehr_to_date) as ehr_to_date
    from record
    group by person_key
)

select
    unit_key,
    ehr_from_date,
    ehr_to_date,
    cast(null as date) as claims_from_date,
    cast(null as date) as claims_to_date
from record
union all
select
    unit.unit_key,
    any_record.ehr_from_date,
    any_record.ehr_to_date,
    case when unit.is_linked_snds then claims.observed_from_date end as claims_from_date,
    case when unit.is_linked_snds then unit.life_end_date end as claims_to_date
from {{ ref('int_indicators__unit') }} as unit
cross join claims
left join any_record on unit.person_key = any_record.person_key
where unit.basis = 'linked'
