-- Contacts with a doctor: natures of act named in the seed claim_nature, without complements and
-- flat contributions, and consultations of hospital outpatient records, which are never a general
-- practitioner's (the speciality declared there cannot be relied on). Reversals stay as negative
-- quantities; linked sums them.
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
    claim.quantity,
    claim.exemption_code,
    claim.pathway_code
from {{ ref('stg_snds__claim') }} as claim
inner join {{ ref('claim_nature') }} as nature
    on claim.nature_code = nature.nature_code
where
    nature.encounter_type is not null
    and claim.removal_reason is null
    and not claim.is_complement
union all
select
    line.source,
    line.practice_pseudo,
    line.patient_pseudo,
    line.record_id,
    cast(1 as integer) as record_line,
    line.delivery_id,
    line.delivery_sequence,
    line.delivery_row,
    line.care_date as encounter_date,
    'hospital_outpatient' as encounter_type,
    line.line_code as encounter_code,
    line.line_system as encounter_system,
    cast(null as string) as practitioner_pseudo,
    cast(null as integer) as specialty_code,
    line.quantity,
    cast(null as integer) as exemption_code,
    cast(null as integer) as pathway_code
from {{ ref('stg_snds__outpatient_line') }} as line
where
    line.removal_reason is null
    and line.table_name = 'T_MCOaaFCSTC'
