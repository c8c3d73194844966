-- Contacts with a doctor: natures of act named in the seed claim_nature, without complements and
-- flat contributions. Reversals stay as negative quantities; linked sums them.
select
    'snds' as source,
    claim.practice_pseudo,
    claim.patient_pseudo,
    cast(null as string) as record_id,
    cast(1 as integer) as record_line,
    claim.delivery_id,
    claim.delivery_sequence,
    claim.delivery_row,
    claim.care_date as encounter_date,
    nature.encounter_type,
    cast(claim.nature_code as string) as encounter_code,
    'PRS_NAT_REF' as encounter_system,
    claim.executing_pseudo as practitioner_pseudo,
    claim.specialty_code,
    claim.quantity
from {{ ref('stg_snds__claim') }} as claim
inner join {{ ref('claim_nature') }} as nature
    on claim.nature_code = nature.nature_code
where
    nature.encounter_type is not null
    and not claim.is_for_information
    and not claim.is_flat_contribution
    and not claim.is_complement
