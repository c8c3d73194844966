{{ evidence_of_lists(ref('int_indicators__event'), ['ophthalmology'], 24) }}
union all
-- A visit to an ophthalmologist counts as well.
select
    unit_key,
    contact_date as valid_from,
    {{ window_end('contact_date', 24) }} as valid_to,
    contact_date as evidence_date,
    evidence_source
from {{ ref('int_indicators__specialist_contact') }}
where specialist = 'ophthalmologist'
