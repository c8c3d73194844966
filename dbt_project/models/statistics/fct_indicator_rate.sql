{%- set counts = [
    'denominator_count', 'numerator_count', 'unknown_count', 'eligible_count', 'share', 'share_low', 'share_high',
    'ci_low', 'ci_high', 'expected_share',
] -%}
with run as (
    select as_of_date from {{ ref('stg_run') }}
),

counted as (
    select
        'practice' as unit_level,
        cast(practice_key as string) as unit_code,
        practice_key,
        indicator_id, indicator_version, basis, population_basis, reference_date,
        {{ counts | join(', ') }}
    from {{ ref('fct_indicator_practice') }}
    union all
    select
        territory_level as unit_level,
        territory_code as unit_code,
        cast(null as bigint) as practice_key,
        indicator_id, indicator_version, basis, population_basis, reference_date,
        {{ counts | join(', ') }}
    from {{ ref('fct_indicator_territory') }}
    where territory_level != 'country'
),

-- Above in one comparison, basis or population and below in another: the unit is flagged in none.
rate as (
    select
        rate.*,
        max(case when rate.position = 'above' then 1 else 0 end) over unit_measure
        + max(case when rate.position = 'below' then 1 else 0 end) over unit_measure = 2 as is_contested
    from {{ source('exchange', 'indicator_rate') }} as rate
    window unit_measure as (
        partition by rate.unit_level, rate.unit_code, rate.indicator_id, rate.indicator_version
    )
)

select
    rate.unit_level,
    rate.unit_code,
    counted.practice_key,
    practice.vendor,
    practice.software_version,
    rate.indicator_id,
    rate.indicator_version,
    rate.basis,
    rate.population_basis,
    counted.reference_date,
    rate.comparison,
    rate.comparison_group,
    indicator.direction,
    counted.denominator_count,
    counted.numerator_count,
    counted.unknown_count,
    counted.eligible_count,
    counted.share,
    counted.share_low,
    counted.share_high,
    counted.ci_low,
    counted.ci_high,
    counted.expected_share,
    rate.unit_count,
    rate.target_share,
    rate.standardised_ratio,
    rate.standardised_share,
    rate.credibility,
    rate.credibility_share,
    rate.credibility_low,
    rate.credibility_high,
    rate.bayes_ratio,
    rate.bayes_share,
    rate.funnel_low_998,
    rate.funnel_low_95,
    rate.funnel_high_95,
    rate.funnel_high_998,
    rate.z_score,
    rate.z_score_additive,
    rate.ranked_unit_count,
    -- Ranks arrive counted from the highest share; here 1 is the most favourable.
    case
        when indicator.direction = 'higher_is_better' then rate.rank_low
        else rate.ranked_unit_count + 1 - rate.rank_high
    end as rank_low,
    case
        when indicator.direction = 'higher_is_better' then rate.rank_high
        else rate.ranked_unit_count + 1 - rate.rank_low
    end as rank_high,
    rate.position,
    case
        when rate.position not in ('above', 'below') then rate.position
        when rate.is_contested then 'contested'
        when (rate.position = 'above') = (indicator.direction = 'higher_is_better') then 'favourable'
        else 'unfavourable'
    end as flag,
    case when rate.basis = 'linked' then effect.link_share_low end as country_link_share_low,
    case when rate.basis = 'linked' then effect.link_share_high end as country_link_share_high
from rate
inner join counted
    on
        rate.unit_level = counted.unit_level
        and rate.unit_code = counted.unit_code
        and rate.indicator_id = counted.indicator_id
        and rate.indicator_version = counted.indicator_version
        and rate.basis = counted.basis
        and rate.population_basis = counted.population_basis
inner join run on counted.reference_date = run.as_of_date
inner join {{ ref('indicator') }} as indicator
    on
        rate.indicator_id = indicator.indicator_id
        and rate.indicator_version = indicator.indicator_version
left join {{ ref('dim_practice') }} as practice on counted.practice_key = practice.practice_key
left join {{ ref('fct_link_effect') }} as effect
    on
        rate.indicator_id = effect.indicator_id
        and rate.indicator_version = effect.indicator_version
