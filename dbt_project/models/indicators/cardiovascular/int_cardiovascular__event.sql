-- Diseases and medicines the risk is computed from, kept for every unit.
select distinct
    unit_key,
    list_name,
    role,
    entity,
    event_date
from {{ ref('int_indicators__event') }}
where
    list_name in ('statin', 'antihypertensive', 'diabetes', 'familial_hypercholesterolaemia')
    or role = 'ascvd'
