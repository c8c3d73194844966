-- Contacts in the records of practices, kept for every person.
select
    unit_key,
    contact_date,
    max(case when is_gp then 1 else 0 end) = 1 as is_gp
from {{ ref('int_indicators__contact') }}
where
    unit_key < 0
    and evidence_source = 'ehr'
group by unit_key, contact_date
