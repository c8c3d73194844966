with contracts as (
    select
        source,
        practice_pseudo,
        patient_pseudo,
        record_id,
        delivery_id,
        delivery_row,
        practitioner_pseudo,
        start_date,
        end_date,
        end_reason_code
    from {{ ref('stg_treating_doctor') }}
    where {{ is_due() }}
),

registered as (
    {{ latest_claims_versions('contracts') }}
)

select
    {{ surrogate_key(['registered.source', 'registered.record_id']) }} as treating_doctor_key,
    link.person_key,
    registered.patient_pseudo,
    {{ surrogate_key(['registered.practice_pseudo']) }} as practice_key,
    {{ surrogate_key(['registered.practitioner_pseudo']) }} as practitioner_key,
    registered.start_date as treating_doctor_date,
    registered.start_date,
    registered.end_date,
    cast(registered.end_reason_code as string) as treating_doctor_code,
    'MTT_MTF_COD' as treating_doctor_system,
    registered.source
from registered
inner join {{ ref('fct_patient_link') }} as link
    on
        registered.source = link.source
        and registered.patient_pseudo = link.patient_pseudo
