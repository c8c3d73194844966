-- The record against claims, among linked people with a declared doctor at the practice: tests and vaccines that were claimed and
-- have no trace in the record around that day, medicines dispensed on a prescription of the practice's own doctors that the record
-- does not hold; and people who are linked and could be.
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
    select distinct
        case test.list_name
            when 'hba1c' then 'DQ-XSRC-A1C'
            when 'creatinine_serum' then 'DQ-XSRC-CREA'
            else 'DQ-XSRC-LIP'
        end as measure,
        'result' as item,
        procedure.person_key,
        procedure.procedure_date as claim_date
    from {{ ref('fct_procedure') }} as procedure
    inner join {{ ref('code_list') }} as test
        on procedure.procedure_system = test.code_system and procedure.procedure_code = test.code
    where
        procedure.source = 'snds'
        and procedure.procedure_system = 'NABM'
        and test.list_name in ('hba1c', 'creatinine_serum', 'lipid_panel', 'ldl_direct', 'cholesterol_total')
    union all
    select distinct
        'DQ-XSRC-VAC' as measure,
        vaccination.antigen as item,
        vaccination.person_key,
        vaccination.vaccination_date as claim_date
    from {{ ref('fct_vaccination') }} as vaccination
    where vaccination.source = 'snds' and vaccination.antigen is not null
),

recorded as (
    select distinct
        case measurement.measure
            when 'hba1c' then 'DQ-XSRC-A1C'
            when 'creatinine' then 'DQ-XSRC-CREA'
            else 'DQ-XSRC-LIP'
        end as measure,
        'result' as item,
        measurement.person_key,
        measurement.practice_key,
        measurement.measurement_date as record_date
    from {{ ref('fct_measurement') }} as measurement
    where
        measurement.measure in ('hba1c', 'creatinine', 'tchol', 'ldl', 'hdl', 'triglycerides')
        and measurement.practice_key is not null
    union all
    select distinct
        'DQ-XSRC-VAC' as measure,
        vaccination.antigen as item,
        vaccination.person_key,
        vaccination.practice_key,
        vaccination.vaccination_date as record_date
    from {{ ref('fct_vaccination') }} as vaccination
    where vaccination.practice_key is not null and vaccination.antigen is not null
),

-- A vaccine waits at home for its injection: three months, where a result comes within one.
around as (
    select
        linked_patient.practice_key,
        claimed.measure,
        claimed.item,
        claimed.person_key,
        claimed.claim_date as fact_date,
        max(case when recorded.person_key is null then 0 else 1 end) as is_found
    from claimed
    inner join linked_patient on claimed.person_key = linked_patient.person_key
    left join recorded
        on
            claimed.person_key = recorded.person_key
            and claimed.measure = recorded.measure
            and claimed.item = recorded.item
            and linked_patient.practice_key = recorded.practice_key
            and recorded.record_date >= {{ add_days('claimed.claim_date', -30) }}
            and recorded.record_date
            <= case claimed.measure
                when 'DQ-XSRC-VAC' then {{ add_days('claimed.claim_date', 90) }}
                else {{ add_days('claimed.claim_date', 30) }}
            end
    group by
        linked_patient.practice_key, claimed.measure, claimed.item, claimed.person_key, claimed.claim_date
),

supply as (
    select distinct
        practitioner.practice_key,
        dispensing.person_key,
        dispensing.atc_code,
        dispensing.dispensing_date as fact_date,
        0 as is_prescription
    from {{ ref('fct_dispensing') }} as dispensing
    inner join {{ ref('dim_practitioner') }} as practitioner
        on dispensing.practitioner_key = practitioner.practitioner_key
    -- A doctor of two practices prescribes to a patient of one.
    inner join linked_patient
        on
            dispensing.person_key = linked_patient.person_key
            and practitioner.practice_key = linked_patient.practice_key
    where dispensing.source = 'snds' and dispensing.atc_code is not null
    union all
    select distinct
        prescription.practice_key,
        prescription.person_key,
        prescription.atc_code,
        prescription.prescription_date as fact_date,
        1 as is_prescription
    from {{ ref('fct_prescription') }} as prescription
    inner join linked_patient
        on
            prescription.person_key = linked_patient.person_key
            and prescription.practice_key = linked_patient.practice_key
    where prescription.atc_code is not null
),

supply_since as (
    select
        practice_key,
        person_key,
        fact_date,
        is_prescription,
        max(case when is_prescription = 1 then fact_date end) over (
            partition by practice_key, person_key, atc_code
            order by fact_date asc nulls first, is_prescription desc nulls last
            rows between unbounded preceding and current row
        ) as prescribed_date
    from supply
),

compared as (
    select practice_key, measure, fact_date, fact_date as observed_since_date, is_found
    from around
    union all
    -- A prescription may be renewed for twelve months: over all of them the record must be known.
    select
        practice_key,
        'DQ-XSRC-RX' as measure,
        fact_date,
        {{ add_months('fact_date', -12) }} as observed_since_date,
        case when {{ window_end('prescribed_date', 12) }} > fact_date then 1 else 0 end as is_found
    from supply_since
    where is_prescription = 0
)

select
    compared.practice_key,
    {{ month_start('compared.fact_date') }} as month_start_date,
    compared.measure,
    cast(sum(1 - compared.is_found) as bigint) as violated_count,
    cast(count(*) as bigint) as denominator_count
from compared
inner join run
    on
        compared.fact_date <= run.claims_as_of_date
        and compared.fact_date > {{ add_months('run.as_of_date', -36) }}
inner join {{ ref('dim_practice') }} as practice
    on
        compared.practice_key = practice.practice_key
        and compared.observed_since_date >= practice.first_period_date
        and compared.fact_date <= practice.last_period_date
group by compared.practice_key, compared.measure, {{ month_start('compared.fact_date') }}
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
