{%- set keys = 'place_kind, practice_key, area_code, indicator_id, indicator_version, basis, population_basis' -%}
{%- set measure = 'indicator_id, indicator_version, basis, population_basis, place_kind' -%}
-- What age and sex lead to expect at the month ends before the run, by the rates of the run's date: one standard for the
-- whole history, so that it moves with the people and not with the rates. A person adds the rate of their age band from the
-- start of a counted status to its end.
with month as (
    select reference_date from {{ ref('int_indicators__reference_date') }}
),

counted as (
    select {{ keys }}, sex, age_band, status = 'met' as is_met, is_at_run, reference_date, change_count
    from {{ ref('int_indicators__place_change') }}
    where is_observable and status in ('met', 'not_met', 'declined')
),

-- The standard: what people of an age band and sex get in all places together at the run's date.
stratum as (
    select
        {{ measure }}, sex, age_band,
        {{ ratio('sum(case when is_met then change_count else 0 end)', 'sum(change_count)') }} as expected_share
    from counted
    where is_at_run
    group by {{ measure }}, sex, age_band
),

-- For a band that holds nobody at the run's date.
overall as (
    select
        {{ measure }},
        {{ ratio('sum(case when is_met then change_count else 0 end)', 'sum(change_count)') }} as expected_share
    from counted
    where is_at_run
    group by {{ measure }}
),

-- Counted before they are weighed: far fewer rows meet the standard.
people_change as (
    select {{ keys }}, sex, age_band, reference_date, cast(sum(change_count) as bigint) as people_change
    from counted
    where not is_at_run
    group by {{ keys }}, sex, age_band, reference_date
),

change as (
    select
        people.place_kind, people.practice_key, people.area_code, people.indicator_id, people.indicator_version,
        people.basis, people.population_basis, people.reference_date,
        cast(sum(
            cast(people.people_change as decimal(12, 0))
            * cast(coalesce(stratum.expected_share, overall.expected_share) as decimal(18, 12))
        ) as decimal(38, 12)) as expected_change
    from people_change as people
    inner join overall
        on
            people.indicator_id = overall.indicator_id
            and people.indicator_version = overall.indicator_version
            and people.basis = overall.basis
            and people.population_basis = overall.population_basis
            and people.place_kind = overall.place_kind
    left join stratum
        on
            people.indicator_id = stratum.indicator_id
            and people.indicator_version = stratum.indicator_version
            and people.basis = stratum.basis
            and people.population_basis = stratum.population_basis
            and people.place_kind = stratum.place_kind
            and people.sex = stratum.sex
            and coalesce(people.age_band, -1) = coalesce(stratum.age_band, -1)
    group by
        people.place_kind, people.practice_key, people.area_code, people.indicator_id, people.indicator_version,
        people.basis, people.population_basis, people.reference_date
),

place as (
    select distinct {{ keys }} from change
),

dense as (
    select
        place.place_kind, place.practice_key, place.area_code, place.indicator_id, place.indicator_version,
        place.basis, place.population_basis, month.reference_date,
        coalesce(change.expected_change, cast(0 as decimal(38, 12))) as expected_change
    from place
    cross join month
    left join change
        on
            place.place_kind = change.place_kind
            and coalesce(place.practice_key, -1) = coalesce(change.practice_key, -1)
            and coalesce(place.area_code, '-') = coalesce(change.area_code, '-')
            and place.indicator_id = change.indicator_id
            and place.indicator_version = change.indicator_version
            and place.basis = change.basis
            and place.population_basis = change.population_basis
            and month.reference_date = change.reference_date
)

select
    {{ keys }},
    reference_date,
    cast(sum(expected_change) over (
        partition by {{ keys }}
        order by reference_date nulls first
        rows between unbounded preceding and current row
    ) as decimal(38, 12)) as expected_sum
from dense
