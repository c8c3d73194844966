-- Starts and ends of statuses, summed by place, age band and month as they are read: persons are never crossed with months, and
-- nothing per person is kept. Within three years at most one birthday opens a new band of five years: the status ends in one
-- and starts in the other. Sex and age are told of people in the denominator only, and texts are numbers until the end: the
-- fewer and narrower the sums, the less memory a country needs.
with run as (
    select as_of_date from {{ ref('stg_run') }}
),

first_month as (
    select coalesce(min(month.reference_date), min(run.as_of_date)) as first_date, min(run.as_of_date) as as_of_date
    from run
    left join {{ ref('int_indicators__reference_date') }} as month on true
),

-- One commune stands for all of its EPCI in its department: nothing below is published.
area as (
    select
        commune_code,
        min(commune_code) over (partition by epci_code, departement_code, region_code) as area_code
    from {{ ref('dim_territory') }}
),

age as (
    select
        patient.person_key,
        {{ age_years('patient.birth_year', 'patient.birth_month', 'first_month.first_date') }}
        - {{ age_years('patient.birth_year', 'patient.birth_month', 'first_month.first_date') }} % 5 as band_age
    from {{ ref('dim_patient') }} as patient
    cross join first_month
),

person as (
    select
        patient.person_key,
        coalesce(patient.sex, 'U') as sex,
        coalesce(area.area_code, '') as area_code,
        age.band_age,
        case
            when age.band_age is not null
                then {{ add_months(
                    'make_date(patient.birth_year, coalesce(patient.birth_month, 1), 1)',
                    '12 * (age.band_age + 5)'
                ) }}
        end as next_band_date
    from {{ ref('dim_patient') }} as patient
    inner join age on patient.person_key = age.person_key
    left join area on patient.commune_code = area.commune_code
),

-- Before and after the birthday; a start, an end, and whether it holds at the run's date.
moment as (
    {% for is_older in ['false', 'true'] -%}
        {% for kind in ['start', 'end', 'run'] -%}
            select {{ is_older }} as is_older, '{{ kind }}' as moment_kind
            {% if not loop.last %}union all{% endif %}
        {% endfor %}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

measure as (
    select
        {{ measure_number() }} as measure_number,
        indicator_id,
        indicator_version
    from {{ ref('indicator') }}
),

population as (
    select
        row_number() over (
            order by basis nulls last, population_basis nulls last, place_kind nulls last
        ) as population_number,
        basis,
        population_basis,
        place_kind
    from (
        select distinct basis, population_basis, place_kind from {{ ref('int_indicators__place_member') }}
    ) as counted
),

spell as (
    select
        measure.measure_number,
        population.population_number,
        status.practice_key,
        case when status.place_kind = 'area' then coalesce(person.area_code, '') end as area_code,
        case when status.is_observable and status.status in ('met', 'not_met', 'declined') then coalesce(person.sex, 'U') end as sex,
        case
            when status.is_observable and status.status in ('met', 'not_met', 'declined')
                then case when moment.is_older then person.band_age + 5 else person.band_age end
        end as age_band,
        status.status,
        status.is_observable,
        moment.moment_kind,
        case when moment.is_older then greatest(status.valid_from, person.next_band_date) else status.valid_from end
            as valid_from,
        case
            when moment.is_older then status.valid_to
            else least(status.valid_to, coalesce(person.next_band_date, status.valid_to))
        end as valid_to
    from {{ ref('int_indicators__place_status') }} as status
    inner join measure
        on status.indicator_id = measure.indicator_id and status.indicator_version = measure.indicator_version
    inner join population
        on
            status.basis = population.basis
            and status.population_basis = population.population_basis
            and status.place_kind = population.place_kind
    left join person on status.person_key = person.person_key
    cross join moment
    where
        case
            when moment.is_older then status.valid_to > person.next_band_date
            else person.next_band_date is null or status.valid_from < person.next_band_date
        end
),

change as (
    select
        spell.measure_number,
        spell.population_number,
        spell.practice_key,
        spell.area_code,
        spell.sex,
        spell.age_band,
        spell.status,
        spell.is_observable,
        spell.moment_kind = 'run' as is_at_run,
        case spell.moment_kind
            when 'start' then greatest({{ month_end('spell.valid_from') }}, first_month.first_date)
            when 'end' then {{ month_end('spell.valid_to') }}
            else first_month.as_of_date
        end as reference_date,
        case when spell.moment_kind = 'end' then -1 else 1 end as change_count
    from spell
    cross join first_month
    where
        case spell.moment_kind
            when 'start' then spell.valid_to > first_month.first_date and spell.valid_from <= first_month.as_of_date
            when 'end' then spell.valid_to > first_month.first_date and spell.valid_to <= first_month.as_of_date
            else spell.valid_from <= first_month.as_of_date and spell.valid_to > first_month.as_of_date
        end
),

summed as (
    select
        measure_number, population_number, practice_key, area_code, sex, age_band, status, is_observable, is_at_run,
        reference_date,
        cast(sum(change_count) as bigint) as change_count
    from change
    group by
        measure_number, population_number, practice_key, area_code, sex, age_band, status, is_observable, is_at_run,
        reference_date
)

select
    population.place_kind,
    summed.practice_key,
    summed.area_code,
    measure.indicator_id,
    measure.indicator_version,
    population.basis,
    population.population_basis,
    summed.sex,
    cast(summed.age_band as integer) as age_band,
    summed.status,
    summed.is_observable,
    summed.is_at_run,
    summed.reference_date,
    summed.change_count
from summed
inner join measure on summed.measure_number = measure.measure_number
inner join population on summed.population_number = population.population_number
-- who starts and ends within a month leaves nothing
where summed.change_count != 0
