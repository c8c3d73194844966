-- Person numbers the trusted third party paired a beneficiary with: the own number, and the insured
-- parent's for those once known under it. Both are keys of this person (birth and sex are part of them).
select distinct
    'snds' as source,
    {{ beneficiary_pseudo('pairing') }} as patient_pseudo,
    pairing.nir_pseudo
from {{ source('snds', 'APPARIEMENT') }} as pairing
inner join {{ ref('stg_delivery') }} as delivery
    on pairing.delivery_id = delivery.delivery_id
where
    delivery.is_current
    and pairing.nir_pseudo is not null
