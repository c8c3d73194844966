{%- set counts = [
    'denominator', 'numerator', 'declined', 'excluded', 'unknown', 'met_unobservable', 'eligible',
] -%}
{%- set keys = 'place_kind, practice_key, commune_code, indicator_id, indicator_version, basis, population_basis' -%}
-- At the run's date people are counted one by one, with what their age and sex lead to expect. At the month ends before,
-- starts and ends of statuses are summed by month and accumulated: persons are never crossed with months.
with run as (
    select as_of_date from {{ ref('stg_run') }}
),

placed as (
    select
        status.indicator_id,
        status.indicator_version,
        status.basis,
        status.population_basis,
        status.place_kind,
        status.practice_key,
        case when status.place_kind = 'commune' then coalesce(patient.commune_code, '') end as commune_code,
        status.status,
        status.is_observable,
        status.valid_from,
        status.valid_to,
        coalesce(patient.sex, 'U') as sex,
        {{ age_years('patient.birth_year', 'patient.birth_month', 'run.as_of_date') }} as age_years
    from {{ ref('int_indicators__place_status') }} as status
    cross join run
    left join {{ ref('dim_patient') }} as patient on status.person_key = patient.person_key
),

now as (
    select
        placed.*,
        placed.age_years - placed.age_years % 5 as age_band
    from placed
    cross join run
    where placed.valid_from <= run.as_of_date and placed.valid_to > run.as_of_date
),

-- What people of an age band and sex get in all places together.
stratum as (
    select
        indicator_id, indicator_version, basis, population_basis, place_kind, sex, age_band,
        {{ ratio(
            'sum(case when ' ~ count_condition('numerator') ~ ' then 1 else 0 end)',
            'sum(case when ' ~ count_condition('denominator') ~ ' then 1 else 0 end)'
        ) }} as expected_share
    from now
    group by indicator_id, indicator_version, basis, population_basis, place_kind, sex, age_band
),

now_count as (
    select
        now.place_kind, now.practice_key, now.commune_code, now.indicator_id, now.indicator_version, now.basis,
        now.population_basis,
        {% for name in counts -%}
            cast(sum(case when {{ count_condition(name) }} then 1 else 0 end) as bigint) as {{ name }}_count,
        {% endfor -%}
        cast(sum(
            case when {{ count_condition('denominator') }} then cast(stratum.expected_share as decimal(18, 12)) end
        ) as decimal(38, 12)) as expected_sum
    from now
    left join stratum
        on
            now.indicator_id = stratum.indicator_id
            and now.indicator_version = stratum.indicator_version
            and now.basis = stratum.basis
            and now.population_basis = stratum.population_basis
            and now.place_kind = stratum.place_kind
            and now.sex = stratum.sex
            and now.age_band = stratum.age_band
    group by
        now.place_kind, now.practice_key, now.commune_code, now.indicator_id, now.indicator_version, now.basis,
        now.population_basis
),

month as (
    select reference_date from {{ ref('int_indicators__reference_date') }}
),

first_month as (
    select min(reference_date) as first_date from month
),

change as (
    select
        {{ keys }}, reference_date,
        {% for name in counts -%}
            cast(sum(case when {{ count_condition(name) }} then change else 0 end) as bigint) as {{ name }}_change
            {%- if not loop.last %},{% endif %}
        {% endfor %}
    from (
        select
            {{ keys }}, status, is_observable,
            greatest({{ month_end('valid_from') }}, first_month.first_date) as reference_date, 1 as change
        from placed
        cross join first_month
        union all
        select
            {{ keys }}, status, is_observable, {{ month_end('valid_to') }} as reference_date, -1 as change
        from placed
        cross join run
        where placed.valid_to <= run.as_of_date
    ) as bound
    group by {{ keys }}, reference_date
),

place as (
    select distinct {{ keys }} from change
),

dense as (
    select
        place.place_kind, place.practice_key, place.commune_code, place.indicator_id, place.indicator_version,
        place.basis, place.population_basis, month.reference_date,
        {% for name in counts -%}
            coalesce(change.{{ name }}_change, 0) as {{ name }}_change
            {%- if not loop.last %},{% endif %}
        {% endfor %}
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
),

month_count as (
    select
        {{ keys }}, reference_date,
        {% for name in counts -%}
            cast(sum({{ name }}_change) over month_order as bigint) as {{ name }}_count
            {%- if not loop.last %},{% endif %}
        {% endfor %}
    from dense
    window month_order as (
        partition by {{ keys }}
        order by reference_date nulls first
        rows between unbounded preceding and current row
    )
)

select
    {{ keys }},
    run.as_of_date as reference_date,
    {% for name in counts -%}
        {{ name }}_count,
    {% endfor -%}
    expected_sum
from now_count
cross join run
union all
select
    {{ keys }},
    reference_date,
    {% for name in counts -%}
        {{ name }}_count,
    {% endfor -%}
    cast(null as decimal(38, 12)) as expected_sum
from month_count
where eligible_count + excluded_count > 0
