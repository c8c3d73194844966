select
    unit_key,
    contact_date as valid_from,
    {{ window_end('contact_date', 12) }} as valid_to,
    contact_date as evidence_date,
    evidence_source
from {{ ref('int_indicators__specialist_contact') }}
where specialist = 'dentist'
