-- A test of the programme that was read: the reading act in the claims, or a result in the record. Handing out a kit
-- (PRS_NAT_REF 1163) and a laboratory's own search for blood (NABM 1629) prove nothing.
with reading as (
    select unit_key, event_date as evidence_date, evidence_source
    from {{ ref('int_indicators__event') }}
    where list_name = 'fit_organised'
    union all
    select unit_key, test_date as evidence_date, evidence_source
    from {{ ref('int_indicators__test') }}
    where test_name = 'fit'
)

select
    unit_key,
    evidence_date as valid_from,
    {{ window_end('evidence_date', 24) }} as valid_to,
    evidence_date,
    evidence_source
from reading
