-- Contacts with a doctor: natures of act named in the seed claim_nature, without complements and
-- flat contributions, and consultations of hospital outpatient records, which are never a general
-- practitioner's (the speciality declared there cannot be relied on). Nor are those a public hospital bills
-- itself (ETE_IND_TAA 1): interns are coded as general practitioners. Reversals stay as negative quantities;
-- linked sums them.
with hospital_bills as (
    select distinct
        {% for column in claim_key_columns() %}
            {{ column }},
        {% endfor %}
        delivery_id
    from {{ source('snds', 'ER_ETE_F') }}
    where ete_ind_taa = 1
)

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
    claim.pathway_code,
    bill.delivery_id is not null as is_hospital_billed
from {{ ref('stg_snds__claim') }} as claim
inner join {{ ref('claim_nature') }} as nature
    on claim.nature_code = nature.nature_code
left join hospital_bills as bill
    on {{ same_claim('claim', 'bill') }}
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
    cast(null as integer) as pathway_code,
    true as is_hospital_billed
from {{ ref('stg_snds__outpatient_line') }} as line
where
    line.removal_reason is null
    and line.table_name = 'T_MCOaaFCSTC'
