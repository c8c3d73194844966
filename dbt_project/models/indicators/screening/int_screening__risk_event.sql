-- Facts that raise the risk of a cancer, kept for every unit.
select distinct
    event.unit_key,
    event.list_name,
    event.event_date
from {{ ref('int_indicators__event') }} as event
where
    event.entity in ('condition', 'procedure', 'long_term_illness', 'hospital_diagnosis')
    and event.list_name in (select risk.list_name from {{ ref('screening_risk') }} as risk)
