-- A family history is told once.
select distinct
    unit_key, event_date as valid_from, {{ open_end() }} as valid_to, event_date as evidence_date, evidence_source
from {{ ref('int_indicators__event') }}
where list_name = 'family_history_recorded' and entity = 'condition'
