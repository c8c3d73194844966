-- Checks of single facts, by the month of the fact: how many were made and how many failed.
with run as (
    select as_of_date from {{ ref('stg_run') }}
),

coded_encounter as (
    select distinct encounter_key
    from {{ ref('fct_condition') }}
    where encounter_key is not null and condition_code is not null
),

consultation as (
    select
        encounter.practice_key,
        encounter.encounter_date as fact_date,
        coded_encounter.encounter_key is null as is_uncoded
    from {{ ref('fct_encounter') }} as encounter
    left join coded_encounter on encounter.encounter_key = coded_encounter.encounter_key
    where encounter.is_clinical_contact and encounter.practice_key is not null
),

result as (
    select
        measurement.practice_key,
        measurement.measurement_date as fact_date,
        measurement.measure,
        measurement.value,
        measurement.value is not null or measurement.is_plausible = false as is_numeric,
        coalesce(measurement.unit_rule, 'unknown') as unit_rule,
        measurement.is_plausible,
        measurement.is_usual,
        coalesce(measurement.is_duplicate, false) as is_duplicate
    from {{ ref('fct_measurement') }} as measurement
    where measurement.practice_key is not null
),

problem as (
    select
        condition.practice_key,
        condition.condition_date as fact_date,
        condition.condition_system,
        condition.condition_code,
        condition.encounter_key,
        patient.sex,
        patient.death_date,
        case
            when patient.birth_year is not null and patient.birth_month between 1 and 12
                then make_date(patient.birth_year, patient.birth_month, 1)
        end as birth_month_date
    from {{ ref('fct_condition') }} as condition
    left join {{ ref('dim_patient') }} as patient on condition.person_key = patient.person_key
    where condition.practice_key is not null
),

-- A contact names its practitioner; not every software says who wrote a prescription.
signed as (
    select practice_key, encounter_date as fact_date, practitioner_key
    from {{ ref('fct_encounter') }}
    where is_clinical_contact and practice_key is not null
    union all
    select practice_key, prescription_date as fact_date, practitioner_key
    from {{ ref('fct_prescription') }}
    where practice_key is not null and practitioner_key is not null
),

checked as (
    select practice_key, fact_date, 'DQ-CODE' as measure, is_uncoded as is_violated
    from consultation
    union all
    select practice_key, fact_date, 'DQ-UNIT' as measure, unit_rule not in ('explicit', 'none') as is_violated
    from result
    where is_numeric
    union all
    select practice_key, fact_date, 'DQ-LOINC' as measure, measure is null as is_violated
    from result
    union all
    select practice_key, fact_date, 'DQ-HARD' as measure, coalesce(is_plausible, true) = false as is_violated
    from result
    where is_numeric
    union all
    select practice_key, fact_date, 'DQ-SOFT' as measure, coalesce(is_usual, true) = false as is_violated
    from result
    where is_numeric
    union all
    select practice_key, fact_date, 'DQ-DIGIT' as measure, cast(floor(value) as bigint) % 10 = 0 as is_violated
    from result
    where measure = 'sbp' and value is not null
    union all
    select practice_key, fact_date, 'DQ-DUP' as measure, is_duplicate as is_violated
    from result
    union all
    select practice_key, fact_date, 'DQ-REL' as measure, encounter_key is null as is_violated
    from problem
    union all
    select
        signed.practice_key,
        signed.fact_date,
        'DQ-REL-PRAC' as measure,
        practitioner.practitioner_key is null as is_violated
    from signed
    left join {{ ref('dim_practitioner') }} as practitioner
        on signed.practice_key = practitioner.practice_key and signed.practitioner_key = practitioner.practitioner_key
    union all
    select
        practice_key,
        fact_date,
        'DQ-DATE' as measure,
        coalesce(fact_date < birth_month_date, false) or coalesce(fact_date > {{ add_days('death_date', 30) }}, false)
            as is_violated
    from problem
    union all
    -- Chapters X and Y of CISP-2 are of women and of men.
    select
        practice_key,
        fact_date,
        'DQ-SEX' as measure,
        (sex = 'M' and substr(condition_code, 1, 1) = 'X') or (sex = 'F' and substr(condition_code, 1, 1) = 'Y')
            as is_violated
    from problem
    where condition_system = 'CISP-2' and sex in ('M', 'F')
)

select
    checked.practice_key,
    checked.measure,
    {{ month_start('checked.fact_date') }} as month_start_date,
    cast(sum(case when checked.is_violated then 1 else 0 end) as bigint) as violated_count,
    cast(count(*) as bigint) as denominator_count
from checked
inner join run
    on
        checked.fact_date <= run.as_of_date
        and checked.fact_date > {{ add_months('run.as_of_date', -36) }}
inner join {{ ref('dim_practice') }} as practice
    on
        checked.practice_key = practice.practice_key
        and checked.fact_date >= practice.first_period_date
group by checked.practice_key, checked.measure, {{ month_start('checked.fact_date') }}
