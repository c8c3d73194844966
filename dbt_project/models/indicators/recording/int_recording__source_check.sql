-- The record against claims, among linked people with a declared doctor at the practice: HbA1c that were claimed and have no result
-- in the record within 30 days; people who are linked and could be.
with run as (
    select as_of_date, claims_as_of_date, has_snds from {{ ref('stg_run') }}
),

linked_patient as (
    select distinct registration.person_key, registration.practice_key
    from {{ ref('fct_registration') }} as registration
    inner join {{ ref('dim_patient') }} as patient on registration.person_key = patient.person_key
    where registration.is_declared and registration.practice_key is not null and patient.is_linked_snds
),

claimed as (
    select distinct procedure.person_key, procedure.procedure_date
    from {{ ref('fct_procedure') }} as procedure
    inner join run
        on
            procedure.procedure_date <= run.claims_as_of_date
            and procedure.procedure_date > {{ add_months('run.as_of_date', -36) }}
    where procedure.source = 'snds' and procedure.procedure_system = 'NABM' and procedure.procedure_code = '1577'
),

result as (
    select distinct measurement.person_key, measurement.practice_key, measurement.measurement_date
    from {{ ref('fct_measurement') }} as measurement
    where measurement.measure = 'hba1c' and measurement.practice_key is not null
),

compared as (
    select
        linked_patient.practice_key,
        claimed.person_key,
        claimed.procedure_date,
        max(case when result.person_key is null then 0 else 1 end) as is_found
    from claimed
    inner join linked_patient on claimed.person_key = linked_patient.person_key
    inner join {{ ref('dim_practice') }} as practice
        on
            linked_patient.practice_key = practice.practice_key
            and claimed.procedure_date >= practice.first_period_date
    left join result
        on
            claimed.person_key = result.person_key
            and linked_patient.practice_key = result.practice_key
            and result.measurement_date >= {{ add_days('claimed.procedure_date', -30) }}
            and result.measurement_date <= {{ add_days('claimed.procedure_date', 30) }}
    group by linked_patient.practice_key, claimed.person_key, claimed.procedure_date
)

select
    practice_key,
    {{ month_start('procedure_date') }} as month_start_date,
    'DQ-XSRC' as measure,
    cast(sum(1 - is_found) as bigint) as violated_count,
    cast(count(*) as bigint) as denominator_count
from compared
group by practice_key, {{ month_start('procedure_date') }}
union all
-- Linkable: an identity with a number of its own or complete traits.
select
    practice.practice_key,
    {{ month_start('run.as_of_date') }} as month_start_date,
    'DQ-LINK' as measure,
    cast(sum(case when coalesce(patient.is_linked_snds, false) then 0 else 1 end) as bigint) as violated_count,
    cast(count(*) as bigint) as denominator_count
from {{ ref('lnk_identity') }} as identity
cross join run
inner join {{ ref('dim_practice') }} as practice on identity.practice_pseudo = practice.practice_pseudo
inner join {{ ref('fct_patient_link') }} as patient_link
    on identity.source = patient_link.source and identity.patient_pseudo = patient_link.patient_pseudo
inner join {{ ref('dim_patient') }} as patient on patient_link.person_key = patient.person_key
where
    run.has_snds
    and identity.source != 'snds'
    and (identity.nir_pseudo is not null or identity.traits_pseudo is not null)
group by practice.practice_key, {{ month_start('run.as_of_date') }}
