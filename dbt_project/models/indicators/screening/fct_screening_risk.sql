-- The highest risk group of each person for each cancer, from structured history. Average is what is known of everybody else: nothing
-- that raises it is recorded.
with run as (
    select as_of_date from {{ ref('stg_run') }}
),

person as (
    select unit.unit_key, unit.basis, unit.person_key, unit.practice_key, target.cancer
    from {{ ref('int_indicators__every_unit') }} as unit
    cross join run
    inner join (
        select 'colorectal' as cancer, 50 as from_age, 75 as below_age, cast(null as string) as sex
        union all
        select 'breast' as cancer, 50 as from_age, 75 as below_age, 'F' as sex
        union all
        select 'cervix' as cancer, 25 as from_age, 66 as below_age, 'F' as sex
    ) as target
        on target.sex is null or unit.sex = target.sex
    where
        unit.birth_month_date is not null
        and unit.life_end_date > run.as_of_date
        and {{ add_months('unit.birth_month_date', '12 * target.from_age') }} <= run.as_of_date
        and {{ add_months('unit.birth_month_date', '12 * target.below_age') }} > run.as_of_date
),

found as (
    select
        event.unit_key,
        risk.cancer,
        risk.risk_group,
        risk.risk_rank,
        risk.reason_code,
        risk.follow_up,
        min(event.event_date) as known_from_date
    from {{ ref('int_screening__risk_event') }} as event
    inner join run on event.event_date <= run.as_of_date
    inner join {{ ref('screening_risk') }} as risk on event.list_name = risk.list_name
    group by event.unit_key, risk.cancer, risk.risk_group, risk.risk_rank, risk.reason_code, risk.follow_up
),

highest as (
    select
        *,
        row_number() over (
            partition by unit_key, cancer
            order by risk_rank desc nulls last, known_from_date asc nulls last, reason_code asc nulls last
        ) as place
    from found
)

select
    person.basis,
    person.person_key,
    person.practice_key,
    person.cancer,
    coalesce(highest.risk_group, 'average') as risk_group,
    highest.reason_code,
    highest.known_from_date,
    coalesce(highest.follow_up, 'organised screening') as follow_up
from person
left join highest on person.unit_key = highest.unit_key and person.cancer = highest.cancer and highest.place = 1
