-- Charts held by practices. Active at the run's date (rule 0.7): the chart is open, the person alive,
-- and seen by the practice within 24 months (consultation, visit or teleconsultation).
with run as (
    select as_of_date
    from {{ ref('stg_run') }}
),

charts as (
    select
        person_key,
        source,
        patient_pseudo,
        practice_key,
        is_declared,
        registration_start_date,
        registration_end_date,
        death_date
    from {{ ref('int_linked__patient_version') }}
    where
        version_number = 1
        and source <> 'snds'
),

contacts as (
    select
        encounter.source,
        encounter.patient_pseudo,
        min(encounter.encounter_date) as first_contact_date,
        max(encounter.encounter_date) as last_contact_date
    from {{ ref('fct_encounter') }} as encounter
    cross join run
    where
        encounter.is_clinical_contact
        and encounter.source <> 'snds'
        and encounter.encounter_date <= run.as_of_date
    group by encounter.source, encounter.patient_pseudo
),

persons as (
    select
        person_key,
        death_date
    from {{ ref('dim_patient') }}
),

final as (
    select
        charts.*,
        contacts.first_contact_date,
        contacts.last_contact_date,
        run.as_of_date,
        coalesce(charts.registration_start_date, contacts.first_contact_date) as start_date,
        least(charts.registration_end_date, persons.death_date) as end_date
    from charts
    cross join run
    left join contacts
        on
            charts.source = contacts.source
            and charts.patient_pseudo = contacts.patient_pseudo
    left join persons
        on charts.person_key = persons.person_key
)

select
    person_key,
    patient_pseudo,
    practice_key,
    source,
    start_date,
    end_date,
    is_declared,
    coalesce(
        (end_date is null or end_date > as_of_date)
        and last_contact_date > {{ add_months('as_of_date', -24) }},
        false
    ) as is_active,
    first_contact_date,
    last_contact_date
from final
