with encounters as (
    select
        source,
        practice_pseudo,
        patient_pseudo,
        record_id,
        delivery_id,
        delivery_row,
        encounter_date,
        encounter_type,
        encounter_code,
        encounter_system,
        practitioner_pseudo,
        specialty_code,
        quantity,
        exemption_code,
        pathway_code,
        is_hospital_billed
    from {{ ref('stg_encounter') }}
    where {{ is_due() }}
),

recorded as (
    {{ latest_versions('encounters') }}
),

claimed as (
    {{ current_claim_lines('encounters') }}
),

-- A cancelled claim comes back with a negative quantity: a contact stands while its sum is positive. A hospital's record is
-- a contact of its own, also beside another of that day.
standing_claims as (
    select
        source,
        practice_pseudo,
        patient_pseudo,
        record_id,
        encounter_date,
        encounter_type,
        encounter_code,
        encounter_system,
        practitioner_pseudo,
        specialty_code,
        max(case when quantity > 0 then exemption_code end) as exemption_code,
        max(case when quantity > 0 then pathway_code end) as pathway_code,
        max(case when is_hospital_billed then 1 else 0 end) = 1 as is_hospital_billed
    from claimed
    group by all
    having sum(quantity) > 0
),

contacts as (
    select
        {{ record_key('record_id') }} as encounter_key,
        source,
        practice_pseudo,
        patient_pseudo,
        encounter_date,
        encounter_type,
        encounter_code,
        encounter_system,
        practitioner_pseudo,
        specialty_code,
        exemption_code,
        pathway_code,
        encounter_type not in ('emergency', 'hospital') as is_gp
    from recorded
    union all
    select
        {{ surrogate_key([
            'source', 'patient_pseudo', 'encounter_date', 'encounter_code', 'practitioner_pseudo', 'specialty_code',
            'record_id',
        ]) }} as encounter_key,
        source,
        practice_pseudo,
        patient_pseudo,
        encounter_date,
        encounter_type,
        encounter_code,
        encounter_system,
        practitioner_pseudo,
        specialty_code,
        exemption_code,
        pathway_code,
        coalesce(specialty_code in (1, 22, 23), false) and not is_hospital_billed as is_gp
    from standing_claims
)

select
    contact.encounter_key,
    link.person_key,
    contact.patient_pseudo,
    {{ surrogate_key(['contact.practice_pseudo']) }} as practice_key,
    {{ surrogate_key(['contact.practitioner_pseudo']) }} as practitioner_key,
    contact.encounter_date,
    contact.encounter_type,
    contact.encounter_type in ('consultation', 'visit', 'teleconsultation') as is_clinical_contact,
    contact.specialty_code,
    contact.is_gp,
    contact.encounter_code,
    contact.encounter_system,
    contact.exemption_code,
    contact.pathway_code,
    contact.source
from contacts as contact
inner join {{ ref('fct_patient_link') }} as link
    on
        contact.source = link.source
        and contact.patient_pseudo = link.patient_pseudo
-- rows of a person together: see docs/decisions/0015
order by person_key nulls first, practitioner_key nulls first, encounter_date nulls first
