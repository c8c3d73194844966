{%- set keys = 'indicator_id, indicator_version, basis, population_basis, vendor, software_version, reference_date' -%}
-- What each version of a software shows: the counts of the practices that recorded under it at the date. Nobody is compared on
-- fewer than 50 people: counts stay, shares over fewer do not.
with place_count as (
    select
        figure.indicator_id,
        figure.indicator_version,
        figure.basis,
        figure.population_basis,
        figure.reference_date,
        coalesce(software.vendor, practice.vendor) as vendor,
        coalesce(software.software_version, practice.software_version, '') as software_version,
        figure.denominator_count,
        figure.numerator_count,
        figure.declined_count,
        figure.excluded_count,
        figure.unknown_count,
        figure.met_unobservable_count,
        figure.eligible_count,
        figure.denominator_count * figure.expected_share as expected_sum
    from {{ ref('fct_indicator_practice') }} as figure
    inner join {{ ref('dim_practice') }} as practice on figure.practice_key = practice.practice_key
    left join {{ ref('int_recording__software_period') }} as software
        on
            figure.practice_key = software.practice_key
            and figure.reference_date >= software.valid_from
            and (software.valid_to is null or figure.reference_date < software.valid_to)
),

counted as (
    select
        {{ keys }},
        cast(count(*) as bigint) as practice_count,
        {% for name in [
            'denominator', 'numerator', 'declined', 'excluded', 'unknown', 'met_unobservable', 'eligible',
        ] -%}
            cast(sum({{ name }}_count) as bigint) as {{ name }}_count,
        {% endfor -%}
        cast(sum(cast(expected_sum as decimal(18, 6))) as decimal(38, 6)) as expected_sum
    from place_count
    where vendor is not null
    group by {{ keys }}
),

shared as (
    select
        counted.*,
        {{ indicator_share_columns() }},
        {{ ratio('expected_sum', 'denominator_count') }} as expected_share
    from counted
)

select
    {{ keys }},
    practice_count,
    denominator_count,
    numerator_count,
    declined_count,
    excluded_count,
    unknown_count,
    met_unobservable_count,
    eligible_count,
    {% for column, count in {
        'share': 'denominator', 'share_low': 'eligible', 'share_high': 'eligible',
        'ci_low': 'denominator', 'ci_high': 'denominator', 'expected_share': 'denominator',
    }.items() -%}
        case when {{ count }}_count >= 50 then {{ column }} end as {{ column }}
        {%- if not loop.last %},{% endif %}
    {% endfor %}
from shared
