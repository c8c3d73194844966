select distinct
    booster.unit_key,
    booster.event_date as valid_from,
    greatest(
        {{ window_end('booster.event_date', 120) }},
        least({{ window_end('booster.event_date', 240) }}, {{ age_reached('unit.birth_month_date', 65) }})
    ) as valid_to,
    booster.event_date as evidence_date,
    booster.evidence_source
from {{ ref('int_indicators__event') }} as booster
inner join {{ ref('int_indicators__unit') }} as unit on booster.unit_key = unit.unit_key
where
    booster.list_name in ('vaccinated_dtp', 'vaccine_dtp')
    and booster.entity in ('vaccination', 'dispensing')
    and unit.birth_month_date is not null
