with stays as (
    select
        source,
        practice_pseudo,
        patient_pseudo,
        record_id,
        delivery_id,
        delivery_row,
        institution_kind,
        start_date,
        end_date
    from {{ ref('stg_snds__institution_stay') }}
    where {{ is_due() }}
),

reported as (
    {{ latest_claims_versions('stays') }}
)

select
    {{ surrogate_key(['reported.source', 'reported.record_id']) }} as institution_stay_key,
    link.person_key,
    reported.patient_pseudo,
    reported.institution_kind,
    reported.start_date,
    reported.end_date,
    reported.source
from reported
inner join {{ ref('fct_patient_link') }} as link
    on
        reported.source = link.source
        and reported.patient_pseudo = link.patient_pseudo
where reported.end_date is null or reported.end_date >= reported.start_date
