select distinct
    stay.unit_key,
    {{ add_days('stay.end_date', 30) }} as valid_from,
    coalesce({{ add_days('stay.next_end_date', 30) }}, {{ add_days('stay.end_date', 395) }}) as valid_to,
    contact.contact_date as evidence_date,
    contact.evidence_source
from {{ ref('int_indicators__heart_failure_stay') }} as stay
inner join {{ ref('int_indicators__contact') }} as contact
    on
        stay.unit_key = contact.unit_key
        and stay.end_date < contact.contact_date
        and contact.contact_date <= {{ add_days('stay.end_date', 15) }}
where contact.is_gp
