-- Days of care an identity is known to have had: what the linkage of claims compares with the practices'
-- own records. Contacts with a general practitioner, prescriptions and dispensings.
with deliveries as (
    select delivery_id
    from {{ ref('stg_delivery') }}
    where is_current
),

suppressions as (
    select
        source,
        practice_pseudo,
        record_id,
        max(upto_version_rank) as upto_version_rank
    from {{ ref('stg_suppression') }}
    group by source, practice_pseudo, record_id
),

contacts as (
    select
        contact.source,
        contact.practice_pseudo,
        contact.patient_pseudo,
        contact.record_id,
        contact.delivery_id,
        'visit' as care_kind,
        contact.encounter_date as care_date,
        cast(null as string) as care_code,
        contact.practitioner_pseudo,
        contact.quantity
    from {{ ref('stg_encounter') }} as contact
    where
        contact.encounter_type in ('consultation', 'visit', 'teleconsultation')
        and (
            contact.source <> 'snds'
            or (contact.specialty_code in (1, 22, 23) and not contact.is_hospital_billed)
        )
),

prescriptions as (
    select
        line.source,
        line.practice_pseudo,
        line.patient_pseudo,
        line.record_id,
        line.delivery_id,
        'drug' as care_kind,
        line.prescription_date as care_date,
        case
            when line.prescription_system = 'ATC' then line.prescription_code
            else coalesce(drug.atc_code, line.prescription_code)
        end as care_code,
        line.practitioner_pseudo,
        cast(1 as bigint) as quantity
    from {{ ref('stg_prescription') }} as line
    left join {{ ref('stg_pack_atc') }} as drug
        on case when line.prescription_system = 'CIP13' then line.prescription_code end = drug.cip13
),

dispensings as (
    select
        line.source,
        line.practice_pseudo,
        line.patient_pseudo,
        line.record_id,
        line.delivery_id,
        'drug' as care_kind,
        line.dispensing_date as care_date,
        coalesce(drug.atc_code, line.dispensing_code) as care_code,
        line.practitioner_pseudo,
        line.quantity
    from {{ ref('stg_dispensing') }} as line
    left join {{ ref('stg_pack_atc') }} as drug
        on line.dispensing_code = drug.cip13
),

care as (
    select * from contacts
    union all
    select * from prescriptions
    union all
    select * from dispensings
),

-- A day of care that was corrected away still says where the person was seen; only what the practice
-- withdrew altogether is left out.
standing as (
    select
        care.source,
        care.patient_pseudo,
        care.care_kind,
        care.care_date,
        care.care_code,
        care.practitioner_pseudo,
        sum(care.quantity) as quantity
    from care
    inner join deliveries
        on care.delivery_id = deliveries.delivery_id
    left join suppressions
        on
            care.source = suppressions.source
            and care.practice_pseudo = suppressions.practice_pseudo
            and care.record_id = suppressions.record_id
    where
        suppressions.record_id is null
        and care.care_date is not null
        and care.patient_pseudo is not null
    group by
        care.source,
        care.patient_pseudo,
        care.care_kind,
        care.care_date,
        care.care_code,
        care.practitioner_pseudo
)

select
    source,
    patient_pseudo,
    care_kind,
    care_date,
    care_code,
    practitioner_pseudo
from standing
where quantity > 0
-- rows of a person together: see docs/decisions/0015
order by source nulls first, patient_pseudo nulls first, practitioner_pseudo nulls first
