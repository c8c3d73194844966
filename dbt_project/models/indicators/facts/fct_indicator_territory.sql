{%- set counts = [
    'denominator', 'numerator', 'declined', 'excluded', 'unknown', 'met_unobservable', 'eligible',
] -%}
with area as (
    select
        place_count.area_code,
        place_count.indicator_id,
        place_count.indicator_version,
        place_count.basis,
        place_count.population_basis,
        place_count.reference_date,
        {% for name in counts -%}
            place_count.{{ name }}_count,
        {% endfor -%}
        coalesce(place_count.expected_sum, expected.expected_sum) as expected_sum,
        territory.epci_code,
        territory.departement_code,
        territory.region_code,
        'FR' as country_code
    from {{ ref('int_indicators__place_count') }} as place_count
    inner join {{ ref('dim_territory') }} as territory on place_count.area_code = territory.commune_code
    left join {{ ref('int_indicators__place_expected') }} as expected
        on
            place_count.place_kind = expected.place_kind
            and place_count.area_code = expected.area_code
            and place_count.indicator_id = expected.indicator_id
            and place_count.indicator_version = expected.indicator_version
            and place_count.basis = expected.basis
            and place_count.population_basis = expected.population_basis
            and place_count.reference_date = expected.reference_date
    where place_count.place_kind = 'area'
),

counted as (
    {% for level in ['epci', 'departement', 'region', 'country'] -%}
        select
            '{{ level }}' as territory_level,
            {{ level }}_code as territory_code,
            indicator_id,
            indicator_version,
            basis,
            population_basis,
            reference_date,
            {% for name in counts -%}
                cast(sum({{ name }}_count) as bigint) as {{ name }}_count,
            {% endfor -%}
            cast(sum(expected_sum) as decimal(38, 12)) as expected_sum
        from area
        where {{ level }}_code is not null
        group by {{ level }}_code, indicator_id, indicator_version, basis, population_basis, reference_date
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select
    counted.territory_level,
    counted.territory_code,
    counted.indicator_id,
    counted.indicator_version,
    counted.basis,
    counted.population_basis,
    counted.reference_date,
    counted.denominator_count,
    counted.numerator_count,
    counted.declined_count,
    counted.excluded_count,
    counted.unknown_count,
    counted.met_unobservable_count,
    counted.eligible_count,
    -- Residents are counted from claims; the practices are those of the active ones among them.
    coalesce(practices.practice_count, cast(0 as bigint)) as practice_count,
    {{ indicator_share_columns() }},
    {{ ratio('counted.expected_sum', 'counted.denominator_count') }} as expected_share,
    -- Claims of the last six months are still arriving.
    counted.basis = 'linked' and run.has_snds and counted.reference_date > run.claims_as_of_date as is_provisional
from counted
cross join {{ ref('stg_run') }} as run
left join {{ ref('int_indicators__territory_practice') }} as practices
    on
        counted.territory_level = practices.territory_level
        and counted.territory_code = practices.territory_code
        and counted.indicator_id = practices.indicator_id
        and counted.indicator_version = practices.indicator_version
        and counted.basis = practices.basis
        and case counted.population_basis when 'resident' then 'active' else counted.population_basis end
        = practices.population_basis
        and counted.reference_date = practices.reference_date
