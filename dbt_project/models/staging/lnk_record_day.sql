-- Days of care in the practices' own records: contacts and prescriptions. A day that was corrected away still says where the
-- person was seen; only what the practice withdrew altogether is left out.
with deliveries as (
    select delivery_id
    from {{ ref('stg_delivery') }}
    where is_current
),

withdrawn as (
    select distinct
        source,
        practice_pseudo,
        record_id
    from {{ ref('stg_suppression') }}
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
        contact.practitioner_pseudo
    from {{ ref('stg_encounter') }} as contact
    where
        contact.source <> 'snds'
        and contact.encounter_type in ('consultation', 'visit', 'teleconsultation')
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
        line.practitioner_pseudo
    from {{ ref('stg_prescription') }} as line
    left join {{ ref('stg_pack_atc') }} as drug
        on case when line.prescription_system = 'CIP13' then line.prescription_code end = drug.cip13
),

care as (
    select * from contacts
    union all
    select * from prescriptions
)

select distinct
    care.source,
    care.patient_pseudo,
    care.care_kind,
    care.care_date,
    care.care_code,
    care.practitioner_pseudo
from care
inner join deliveries
    on care.delivery_id = deliveries.delivery_id
left join withdrawn
    on
        care.source = withdrawn.source
        and care.practice_pseudo = withdrawn.practice_pseudo
        and care.record_id = withdrawn.record_id
where
    withdrawn.record_id is null
    and care.care_date is not null
    and care.patient_pseudo is not null
-- rows of a person together: see docs/decisions/0015
order by source nulls first, patient_pseudo nulls first, practitioner_pseudo nulls first
