with person as (
    select
        status.*,
        territory.epci_code,
        territory.departement_code,
        territory.region_code,
        'FR' as country_code
    from {{ ref('int_indicators__population_status') }} as status
    inner join {{ ref('dim_territory') }} as territory on status.commune_code = territory.commune_code
    where status.is_main_place
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
        {{ indicator_count_columns() }}
    from person
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
    {{ indicator_share_columns() }},
    -- Claims of the last six months are still arriving.
    counted.basis = 'linked' and run.has_snds and counted.reference_date > run.claims_as_of_date as is_provisional
from counted
cross join {{ ref('stg_run') }} as run
