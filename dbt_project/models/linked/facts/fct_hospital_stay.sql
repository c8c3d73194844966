with stays as (
    select
        source,
        practice_pseudo,
        patient_pseudo,
        record_id,
        delivery_id,
        delivery_row,
        start_date,
        end_date,
        main_diagnosis_code,
        related_diagnosis_code,
        ghm_code,
        exit_mode
    from {{ ref('stg_hospital_stay') }}
    where {{ is_due() }}
),

reported as (
    {{ latest_claims_versions('stays') }}
)

select
    {{ surrogate_key(['reported.source', 'reported.patient_pseudo', 'reported.record_id']) }} as hospital_stay_key,
    link.person_key,
    reported.patient_pseudo,
    {{ surrogate_key(['reported.practice_pseudo']) }} as practice_key,
    reported.start_date as hospital_stay_date,
    reported.start_date,
    reported.end_date,
    reported.main_diagnosis_code as hospital_stay_code,
    'CIM-10' as hospital_stay_system,
    reported.related_diagnosis_code,
    reported.ghm_code,
    reported.exit_mode,
    reported.source
from reported
inner join {{ ref('fct_patient_link') }} as link
    on
        reported.source = link.source
        and reported.patient_pseudo = link.patient_pseudo
