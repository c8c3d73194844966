{%- set counts = [
    'denominator', 'numerator', 'declined', 'excluded', 'unknown', 'met_unobservable', 'eligible',
] -%}
{%- set keys = 'place_kind, practice_key, area_code, indicator_id, indicator_version, basis, population_basis' -%}
{%- set measure = 'indicator_id, indicator_version, basis, population_basis, place_kind' -%}
-- At the run's date people are counted with what their age and sex lead to expect; at the month ends before, starts and ends
-- are accumulated.
with run as (
    select as_of_date from {{ ref('stg_run') }}
),

now as (
    select {{ keys }}, sex, age_band, status, is_observable, change_count
    from {{ ref('int_indicators__place_change') }}
    where is_at_run
),

-- What people of an age band and sex get in all places together.
stratum as (
    select
        {{ measure }}, sex, age_band,
        {{ ratio(
            'sum(case when ' ~ count_condition('numerator') ~ ' then change_count else 0 end)',
            'sum(case when ' ~ count_condition('denominator') ~ ' then change_count else 0 end)'
        ) }} as expected_share
    from now
    group by {{ measure }}, sex, age_band
),

now_count as (
    select
        now.place_kind, now.practice_key, now.area_code, now.indicator_id, now.indicator_version, now.basis,
        now.population_basis,
        {% for name in counts -%}
            cast(sum(case when {{ count_condition(name) }} then now.change_count else 0 end) as bigint) as {{ name }}_count,
        {% endfor -%}
        cast(sum(
            case
                when {{ count_condition('denominator') }}
                    then cast(now.change_count as decimal(12, 0)) * cast(stratum.expected_share as decimal(18, 12))
            end
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
        now.place_kind, now.practice_key, now.area_code, now.indicator_id, now.indicator_version, now.basis,
        now.population_basis
),

month as (
    select reference_date from {{ ref('int_indicators__reference_date') }}
),

change as (
    select
        {{ keys }}, reference_date,
        {% for name in counts -%}
            cast(sum(case when {{ count_condition(name) }} then change_count else 0 end) as bigint) as {{ name }}_change
            {%- if not loop.last %},{% endif %}
        {% endfor %}
    from {{ ref('int_indicators__place_change') }}
    where not is_at_run
    group by {{ keys }}, reference_date
),

place as (
    select distinct {{ keys }} from change
),

dense as (
    select
        place.place_kind, place.practice_key, place.area_code, place.indicator_id, place.indicator_version,
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
            and coalesce(place.area_code, '-') = coalesce(change.area_code, '-')
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
