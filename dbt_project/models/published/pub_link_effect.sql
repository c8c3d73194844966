-- Worst cases, rounded: a hint of how much linkage could matter, no count of anybody.
select
    'country' as territory_level,
    'FR' as territory_code,
    effect.indicator_id,
    effect.indicator_version,
    indicator.title_fr,
    indicator.title_en,
    'linked' as basis,
    'resident' as population_basis,
    effect.reference_date,
    {{ round_to('effect.expected_false_link_share', 4) }} as expected_false_link_share,
    {{ round_to('greatest(effect.share - effect.link_share_low, 0.0)', 3) }} as link_error_down,
    {{ round_to('greatest(effect.link_share_high - effect.share, 0.0)', 3) }} as link_error_up
from {{ ref('fct_link_effect') }} as effect
inner join {{ ref('indicator') }} as indicator
    on
        effect.indicator_id = indicator.indicator_id
        and effect.indicator_version = indicator.indicator_version
where effect.denominator_count > 0
