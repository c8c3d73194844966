with together as (
    {{ where_all_hold(ref('int_indicators__medicine'), ['unit_key'], 5) }}
)

select
    together.unit_key,
    together.valid_from,
    together.valid_to,
    together.valid_from as evidence_date,
    -- Linked people are judged on what was dispensed.
    case when unit.basis = 'linked' and unit.is_linked_snds then 'snds' else 'ehr' end as evidence_source
from together
inner join {{ ref('int_indicators__unit') }} as unit on together.unit_key = unit.unit_key
