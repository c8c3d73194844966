-- The statuses of the three years before the run's date, wherever the person counts while they hold. Read in one pass and never
-- kept: some two hundred rows a person.
with window_start as (
    select
        coalesce(min(reference.reference_date), min(run.as_of_date)) as first_date,
        min(run.as_of_date) as as_of_date
    from {{ ref('stg_run') }} as run
    left join {{ ref('int_indicators__reference_date') }} as reference on true
)

select
    status.indicator_id,
    status.indicator_version,
    member.basis,
    member.population_basis,
    member.place_kind,
    member.practice_key,
    member.person_key,
    member.unit_key,
    status.status,
    status.is_observable,
    greatest(member.valid_from, status.valid_from) as valid_from,
    least(member.valid_to, status.valid_to) as valid_to
from {{ ref('int_indicators__unit_interval') }} as status
inner join {{ ref('int_indicators__place_member') }} as member
    on
        status.unit_key = member.unit_key
        and status.valid_from < member.valid_to
        and status.valid_to > member.valid_from
cross join window_start
where
    least(member.valid_to, status.valid_to) > window_start.first_date
    and greatest(member.valid_from, status.valid_from) <= window_start.as_of_date
