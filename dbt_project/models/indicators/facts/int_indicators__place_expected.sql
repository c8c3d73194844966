{%- set keys = 'place_kind, practice_key, commune_code, indicator_id, indicator_version, basis, population_basis' -%}
{%- set measure = 'indicator_id, indicator_version, basis, population_basis, place_kind' -%}
-- What age and sex lead to expect at the month ends before the run, by the rates of the run's date: one standard for the
-- whole history, so that it moves with the people and not with the rates. A person adds the rate of their age band from the
-- start of a counted status to its end; within three years at most one birthday opens a new five-year band.
with run as (
    select as_of_date from {{ ref('stg_run') }}
),

month as (
    select reference_date from {{ ref('int_indicators__reference_date') }}
),

first_month as (
    select coalesce(min(month.reference_date), min(run.as_of_date)) as first_date, min(run.as_of_date) as as_of_date
    from run
    left join month on true
),

person as (
    select
        patient.person_key,
        coalesce(patient.sex, 'U') as sex,
        coalesce(patient.commune_code, '') as commune_code,
        first_band.band_age,
        case
            when first_band.band_age is not null
                then {{ add_months(
                    'make_date(patient.birth_year, coalesce(patient.birth_month, 1), 1)',
                    '12 * (first_band.band_age + 5)'
                ) }}
        end as next_band_date
    from {{ ref('dim_patient') }} as patient
    inner join (
        select
            born.person_key,
            {{ age_years('born.birth_year', 'born.birth_month', 'first_month.first_date') }}
            - {{ age_years('born.birth_year', 'born.birth_month', 'first_month.first_date') }} % 5 as band_age
        from {{ ref('dim_patient') }} as born
        cross join first_month
    ) as first_band
        on patient.person_key = first_band.person_key
),

counted as (
    select
        status.indicator_id,
        status.indicator_version,
        status.basis,
        status.population_basis,
        status.place_kind,
        status.practice_key,
        case when status.place_kind = 'commune' then coalesce(person.commune_code, '') end as commune_code,
        coalesce(person.sex, 'U') as sex,
        person.band_age,
        person.next_band_date,
        status.status = 'met' as is_met,
        status.valid_from,
        status.valid_to
    from {{ ref('int_indicators__place_status') }} as status
    cross join run
    left join person on status.person_key = person.person_key
    where
        status.is_observable
        and status.status in ('met', 'not_met', 'declined')
        and status.valid_from <= run.as_of_date
),

banded as (
    select
        {{ keys }}, sex, band_age as age_band, is_met, valid_from,
        least(valid_to, coalesce(next_band_date, valid_to)) as valid_to
    from counted
    where next_band_date is null or valid_from < next_band_date
    union all
    select
        {{ keys }}, sex, band_age + 5 as age_band, is_met,
        greatest(valid_from, next_band_date) as valid_from, valid_to
    from counted
    where valid_to > next_band_date
),

-- The standard: what people of an age band and sex get in all places together at the run's date.
stratum as (
    select
        {{ measure }}, sex, age_band,
        {{ ratio('sum(case when is_met then 1 else 0 end)', 'count(*)') }} as expected_share
    from banded
    cross join run
    where valid_from <= run.as_of_date and valid_to > run.as_of_date
    group by {{ measure }}, sex, age_band
),

-- For a band that holds nobody at the run's date.
overall as (
    select
        {{ measure }},
        {{ ratio('sum(case when is_met then 1 else 0 end)', 'count(*)') }} as expected_share
    from banded
    cross join run
    where valid_from <= run.as_of_date and valid_to > run.as_of_date
    group by {{ measure }}
),

-- Counted before they are weighed: far fewer rows meet the standard.
people_change as (
    select {{ keys }}, sex, age_band, reference_date, cast(sum(change) as bigint) as people_change
    from (
        select
            {{ keys }}, sex, age_band,
            greatest({{ month_end('valid_from') }}, first_month.first_date) as reference_date, 1 as change
        from banded
        cross join first_month
        where valid_to > first_month.first_date
        union all
        select
            {{ keys }}, sex, age_band, {{ month_end('valid_to') }} as reference_date, -1 as change
        from banded
        cross join first_month
        where valid_to > first_month.first_date and valid_to <= first_month.as_of_date
    ) as bound
    group by {{ keys }}, sex, age_band, reference_date
),

change as (
    select
        people.place_kind, people.practice_key, people.commune_code, people.indicator_id, people.indicator_version,
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
        people.place_kind, people.practice_key, people.commune_code, people.indicator_id, people.indicator_version,
        people.basis, people.population_basis, people.reference_date
),

place as (
    select distinct {{ keys }} from change
),

dense as (
    select
        place.place_kind, place.practice_key, place.commune_code, place.indicator_id, place.indicator_version,
        place.basis, place.population_basis, month.reference_date,
        coalesce(change.expected_change, cast(0 as decimal(38, 12))) as expected_change
    from place
    cross join month
    left join change
        on
            place.place_kind = change.place_kind
            and coalesce(place.practice_key, -1) = coalesce(change.practice_key, -1)
            and coalesce(place.commune_code, '-') = coalesce(change.commune_code, '-')
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
