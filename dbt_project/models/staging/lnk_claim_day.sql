-- Days of care in the claims: contacts with a general practitioner and dispensings. Lines that cancel each other leave none.
with contacts as (
    select
        contact.source,
        contact.patient_pseudo,
        contact.delivery_id,
        'visit' as care_kind,
        contact.encounter_date as care_date,
        cast(null as string) as care_code,
        contact.practitioner_pseudo,
        contact.quantity
    from {{ ref('stg_snds__encounter') }} as contact
    where
        contact.encounter_type in ('consultation', 'visit', 'teleconsultation')
        and contact.specialty_code in (1, 22, 23)
        and not contact.is_hospital_billed
),

dispensings as (
    select
        line.source,
        line.patient_pseudo,
        line.delivery_id,
        'drug' as care_kind,
        line.dispensing_date as care_date,
        coalesce(drug.atc_code, line.dispensing_code) as care_code,
        line.practitioner_pseudo,
        line.quantity
    from {{ ref('stg_snds__dispensing') }} as line
    left join {{ ref('stg_pack_atc') }} as drug
        on line.dispensing_code = drug.cip13
),

care as (
    select * from contacts
    union all
    select * from dispensings
)

select
    care.source,
    care.patient_pseudo,
    care.care_kind,
    care.care_date,
    care.care_code,
    care.practitioner_pseudo
from care
inner join {{ ref('stg_snds__delivery') }} as deliveries
    on care.delivery_id = deliveries.delivery_id
where
    care.care_date is not null
    and care.patient_pseudo is not null
group by
    care.source,
    care.patient_pseudo,
    care.care_kind,
    care.care_date,
    care.care_code,
    care.practitioner_pseudo
having sum(care.quantity) > 0
-- rows of a person together: see docs/decisions/0015
order by patient_pseudo nulls first, practitioner_pseudo nulls first
