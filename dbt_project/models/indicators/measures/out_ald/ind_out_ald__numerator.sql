select
    cast(-person_key as bigint) as unit_key,
    last_exempted_date as valid_from,
    {{ window_end('last_exempted_date', 12) }} as valid_to,
    last_exempted_date as evidence_date,
    'snds' as evidence_source
from {{ ref('fct_claim_month') }}
where last_exempted_date is not null and person_key is not null
union all
select
    unit_key,
    contact_date as valid_from,
    {{ window_end('contact_date', 12) }} as valid_to,
    contact_date as evidence_date,
    evidence_source
from {{ ref('int_indicators__contact') }}
where is_gp and unit_key < 0
