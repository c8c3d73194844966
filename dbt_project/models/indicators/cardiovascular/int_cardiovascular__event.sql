-- Diseases and medicines the risk is computed from, kept for every unit.
select distinct
    unit_key,
    list_name,
    role,
    entity,
    event_date
from {{ ref('int_indicators__event') }}
where
    list_name in ('statin', 'antihypertensive', 'diabetes', 'type_1_diabetes', 'familial_hypercholesterolaemia')
    or role = 'ascvd'
union all
-- Diabetes that only its treatment proves.
select unit_key, 'diabetes' as list_name, 'case' as role, 'case' as entity, case_date as event_date
from {{ ref('int_indicators__case') }}
where case_name = 'diabetes'
