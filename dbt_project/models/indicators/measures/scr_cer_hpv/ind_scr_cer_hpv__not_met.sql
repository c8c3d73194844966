-- A cytology alone says that there was no HPV test only where claims reach back over the five years of one.
select
    cytology.unit_key,
    greatest(cytology.test_date, {{ observable_from('observation.claims_from_date', 60) }}) as valid_from,
    {{ window_end('cytology.test_date', 36) }} as valid_to,
    cytology.test_date as evidence_date,
    cytology.evidence_source,
    'cytology_only' as reason_code
from {{ ref('int_indicators__test') }} as cytology
inner join {{ ref('int_indicators__observation') }} as observation on cytology.unit_key = observation.unit_key
where cytology.test_name = 'cytology' and observation.claims_from_date is not null
