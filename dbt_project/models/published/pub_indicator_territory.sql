-- Candidates: the release step suppresses small cells before anything leaves.
with territory_name as (
    select 'epci' as territory_level, epci_code as territory_code, min(epci_name) as territory_name
    from {{ ref('dim_territory') }}
    group by epci_code
    union all
    select territory_level, territory_code, territory_name
    from {{ ref('administrative_area') }}
)

select
    territory.territory_level,
    territory.territory_code,
    territory_name.territory_name,
    territory.indicator_id,
    territory.indicator_version,
    indicator.title_fr,
    indicator.title_en,
    indicator.population_label,
    indicator.direction,
    territory.basis,
    territory.population_basis,
    territory.reference_date,
    territory.denominator_count,
    territory.numerator_count,
    territory.declined_count,
    territory.excluded_count,
    territory.unknown_count,
    territory.met_unobservable_count,
    territory.eligible_count,
    territory.practice_count,
    territory.share,
    territory.share_low,
    territory.share_high,
    territory.ci_low,
    territory.ci_high,
    territory.expected_share,
    territory.is_provisional
from {{ ref('fct_indicator_territory') }} as territory
inner join {{ ref('indicator') }} as indicator
    on
        territory.indicator_id = indicator.indicator_id
        and territory.indicator_version = indicator.indicator_version
left join territory_name
    on
        territory.territory_level = territory_name.territory_level
        and territory.territory_code = territory_name.territory_code
