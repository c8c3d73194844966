select distinct
    unit_key, event_date as valid_from, {{ open_end() }} as valid_to, event_date as evidence_date, evidence_source
from {{ ref('int_indicators__event') }}
where list_name in ('vaccinated_pneumococcus', 'vaccine_pneumo') and entity in ('vaccination', 'dispensing')
