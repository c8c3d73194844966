-- The intervals that touch the three years before the run's date.
with window_start as (
    select
        coalesce(min(reference.reference_date), min(run.as_of_date)) as first_date,
        min(run.as_of_date) as as_of_date
    from {{ ref('stg_run') }} as run
    left join {{ ref('int_indicators__reference_date') }} as reference on true
)

select
    place.indicator_id,
    place.indicator_version,
    place.basis,
    place.population_basis,
    place.place_kind,
    place.practice_key,
    place.person_key,
    place.unit_key,
    place.status,
    place.is_observable,
    place.valid_from,
    place.valid_to
from {{ ref('int_indicators__place_interval') }} as place
cross join window_start
where
    place.valid_to > window_start.first_date
    and place.valid_from <= window_start.as_of_date
