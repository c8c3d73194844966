with diagnoses as (
    select
        source,
        practice_pseudo,
        patient_pseudo,
        record_id,
        delivery_id,
        delivery_row,
        diagnosis_date,
        diagnosis_code,
        diagnosis_system,
        diagnosis_role
    from {{ ref('stg_hospital_diagnosis') }}
    where {{ is_due() }}
),

reported as (
    {{ latest_claims_versions('diagnoses') }}
)

select
    {{ surrogate_key(['reported.source', 'reported.patient_pseudo', 'reported.record_id']) }} as hospital_stay_key,
    link.person_key,
    reported.patient_pseudo,
    reported.diagnosis_date,
    reported.diagnosis_code,
    reported.diagnosis_system,
    reported.diagnosis_role,
    reported.source
from reported
inner join {{ ref('fct_patient_link') }} as link
    on
        reported.source = link.source
        and reported.patient_pseudo = link.patient_pseudo
