with certificates as (
    select
        source,
        practice_pseudo,
        patient_pseudo,
        record_id,
        delivery_id,
        delivery_row,
        death_date,
        cause_code
    from {{ ref('stg_snds__death_record') }}
    where {{ is_due() }}
),

registered as (
    {{ latest_claims_versions('certificates') }}
)

select
    {{ surrogate_key(['registered.source', 'registered.record_id']) }} as death_record_key,
    link.person_key,
    registered.patient_pseudo,
    registered.death_date,
    registered.cause_code,
    'CIM-10' as cause_system,
    registered.source
from registered
inner join {{ ref('fct_patient_link') }} as link
    on
        registered.source = link.source
        and registered.patient_pseudo = link.patient_pseudo
