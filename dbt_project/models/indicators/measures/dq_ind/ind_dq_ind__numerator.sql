-- A code of the record itself: what only claims know helps nobody at the practice.
select distinct
    unit_key, event_date as valid_from, {{ open_end() }} as valid_to, event_date as evidence_date, evidence_source
from {{ ref('int_indicators__event') }}
where list_name = 'diabetes' and role = 'case' and entity = 'condition'
