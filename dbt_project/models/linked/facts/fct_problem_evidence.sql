-- Every fact that speaks of a problem of the list: codes, long-term illnesses, stays, medicines, results. A code counts from
-- the onset it states; nothing before birth, on 1 January 1900 or later than a month after death proves anything.
-- Results whose unit only the habit of their practice tells prove nothing: they are left out.
with conditions as (
    select
        source,
        patient_pseudo,
        person_key,
        practice_key,
        condition_code as code,
        condition_system as code_system,
        condition_date,
        start_date,
        end_date,
        is_active
    from {{ ref('fct_condition') }}
    where {{ is_due() }}
),

illnesses as (
    select
        source,
        patient_pseudo,
        person_key,
        long_term_illness_code as code,
        long_term_illness_system as code_system,
        start_date
    from {{ ref('fct_long_term_illness') }}
    where {{ is_due() }}
),

stays as (
    select
        source,
        patient_pseudo,
        person_key,
        diagnosis_code as code,
        diagnosis_system as code_system,
        diagnosis_role,
        diagnosis_date
    from {{ ref('fct_hospital_diagnosis') }}
    where {{ is_due() }}
),

prescriptions as (
    select
        source,
        patient_pseudo,
        person_key,
        practice_key,
        atc_code,
        prescription_code as product_code,
        prescription_date as given_date
    from {{ ref('fct_prescription') }}
    where {{ is_due() }}
),

dispensings as (
    select
        source,
        patient_pseudo,
        person_key,
        atc_code,
        dispensing_code as product_code,
        dispensing_date as given_date
    from {{ ref('fct_dispensing') }}
    where {{ is_due() }}
),

results as (
    select
        source,
        patient_pseudo,
        person_key,
        practice_key,
        measure,
        measurement_date,
        canonical_value
    from {{ ref('int_linked__measurement') }}
    where
        {{ is_due() }}
        and canonical_value is not null
        and not is_censored
        and not is_duplicate
        and measure in (
            'creatinine', 'hba1c', 'glucose_fasting', 'acr', 'bmi', 'ldl', 'fev1_fvc'
        )
),

persons as (
    select
        person_key,
        sex,
        birth_year,
        birth_month,
        case
            when birth_year is not null then make_date(birth_year, coalesce(birth_month, 1), 1)
        end as birth_month_date,
        death_date
    from {{ ref('dim_patient') }}
),

coded as (
    select
        source,
        patient_pseudo,
        person_key,
        practice_key,
        'code' as evidence_kind,
        code,
        code_system,
        cast(null as string) as diagnosis_role,
        condition_date as stated_date,
        start_date,
        case when is_active = false then coalesce(end_date, condition_date) end as closed_date
    from conditions
    union all
    select
        source,
        patient_pseudo,
        person_key,
        cast(null as bigint) as practice_key,
        'long_term_illness' as evidence_kind,
        code,
        code_system,
        cast(null as string) as diagnosis_role,
        start_date as stated_date,
        start_date,
        cast(null as date) as closed_date
    from illnesses
    union all
    select
        source,
        patient_pseudo,
        person_key,
        cast(null as bigint) as practice_key,
        'stay' as evidence_kind,
        code,
        code_system,
        diagnosis_role,
        diagnosis_date as stated_date,
        cast(null as date) as start_date,
        cast(null as date) as closed_date
    from stays
),

-- Codes are few and facts many: the lists are matched once per code. The longest prefix of a problem counts.
seen_codes as (
    select distinct
        code_system,
        code
    from coded
),

matched_codes as (
    select
        seen_codes.code_system,
        seen_codes.code,
        listed.problem_id,
        listed.strength,
        listed.stay_diagnosis,
        listed.valid_from,
        listed.valid_to
    from seen_codes
    inner join {{ ref('problem_code') }} as listed
        on
            seen_codes.code_system = listed.code_system
            and (
                (listed.match_type = 'exact' and seen_codes.code = listed.code)
                or (listed.match_type = 'prefix' and starts_with(seen_codes.code, listed.code))
            )
    qualify
        rank() over (
            partition by seen_codes.code_system, seen_codes.code, listed.problem_id
            order by length(listed.code) desc nulls last
        ) = 1
),

code_evidence as (
    select
        coded.source,
        coded.patient_pseudo,
        coded.person_key,
        coded.practice_key,
        matched_codes.problem_id,
        coded.evidence_kind,
        coded.stated_date,
        coded.start_date,
        coded.code as evidence_code,
        coded.code_system as evidence_system,
        cast(null as double) as evidence_value,
        matched_codes.strength,
        coded.closed_date,
        false as is_large_pack
    from coded
    inner join matched_codes
        on
            coded.code_system = matched_codes.code_system
            and coded.code = matched_codes.code
    where
        matched_codes.strength <> 'not_case'
        -- beside the reason of a stay, some codes prove nothing
        and (
            matched_codes.stay_diagnosis is null
            or coded.diagnosis_role is null
            or coded.diagnosis_role <> 'associated'
        )
        and (matched_codes.valid_from is null or coded.stated_date >= matched_codes.valid_from)
        and (matched_codes.valid_to is null or coded.stated_date < matched_codes.valid_to)
),

given as (
    select source, patient_pseudo, person_key, practice_key, atc_code, product_code, given_date
    from prescriptions
    union all
    select source, patient_pseudo, person_key, cast(null as bigint) as practice_key, atc_code, product_code, given_date
    from dispensings
),

packed as (
    select
        given.source,
        given.patient_pseudo,
        given.person_key,
        given.practice_key,
        given.given_date,
        coalesce(given.atc_code, pack.atc_code) as atc_code,
        coalesce(pack.is_large_pack, false) as is_large_pack
    from given
    left join {{ ref('cip_pack') }} as pack
        on given.product_code = pack.cip13
),

seen_drugs as (
    select distinct atc_code
    from packed
    where atc_code is not null
),

matched_drugs as (
    select
        seen_drugs.atc_code,
        listed.problem_id,
        listed.strength,
        listed.from_age
    from seen_drugs
    inner join {{ ref('problem_drug') }} as listed
        on starts_with(seen_drugs.atc_code, listed.atc_code)
    qualify
        row_number() over (
            partition by seen_drugs.atc_code, listed.problem_id
            order by length(listed.atc_code) desc nulls last, listed.strength desc nulls last
        ) = 1
),

drug_evidence as (
    select
        packed.source,
        packed.patient_pseudo,
        packed.person_key,
        packed.practice_key,
        matched_drugs.problem_id,
        'drug' as evidence_kind,
        packed.given_date as stated_date,
        cast(null as date) as start_date,
        packed.atc_code as evidence_code,
        'ATC' as evidence_system,
        cast(null as double) as evidence_value,
        matched_drugs.strength,
        cast(null as date) as closed_date,
        packed.is_large_pack
    from packed
    inner join matched_drugs
        on packed.atc_code = matched_drugs.atc_code
    left join persons
        on packed.person_key = persons.person_key
    where
        matched_drugs.from_age is null
        or {{ age_years('persons.birth_year', 'persons.birth_month', 'packed.given_date') }} >= matched_drugs.from_age
),

measured as (
    select
        results.source,
        results.patient_pseudo,
        results.person_key,
        results.practice_key,
        results.measure,
        results.measurement_date,
        results.canonical_value as value
    from results
    where results.measure <> 'creatinine'
    union all
    select
        results.source,
        results.patient_pseudo,
        results.person_key,
        results.practice_key,
        'egfr_2009' as measure,
        results.measurement_date,
        {{ ckd_epi_2009(
            'results.canonical_value',
            age_years('persons.birth_year', 'persons.birth_month', 'results.measurement_date'),
            'persons.sex'
        ) }} as value
    from results
    inner join persons
        on results.person_key = persons.person_key
    where results.measure = 'creatinine'
),

-- Powers differ in their last digits from engine to engine.
rounded as (
    select
        source,
        patient_pseudo,
        person_key,
        practice_key,
        measure,
        measurement_date,
        {{ round_to('value', 6) }} as value
    from measured
),

test_evidence as (
    select
        rounded.source,
        rounded.patient_pseudo,
        rounded.person_key,
        rounded.practice_key,
        listed.problem_id,
        'test' as evidence_kind,
        rounded.measurement_date as stated_date,
        cast(null as date) as start_date,
        rounded.measure as evidence_code,
        'measure' as evidence_system,
        rounded.value as evidence_value,
        'possible' as strength,
        cast(null as date) as closed_date,
        false as is_large_pack
    from rounded
    inner join {{ ref('problem_test') }} as listed
        on rounded.measure = listed.measure
    where
        (listed.bound = 'min' and rounded.value >= listed.threshold)
        or (listed.bound = 'above' and rounded.value > listed.threshold)
        or (listed.bound = 'max' and rounded.value < listed.threshold)
),

evidence as (
    select * from code_evidence
    union all
    select * from drug_evidence
    union all
    select * from test_evidence
),

dated as (
    select
        evidence.*,
        -- an onset that cannot be is not believed: the day of the statement stands
        case
            when
                evidence.start_date > cast('1900-01-01' as date)
                and evidence.start_date <= evidence.stated_date
                and (persons.birth_month_date is null or evidence.start_date >= persons.birth_month_date)
                then evidence.start_date
            else evidence.stated_date
        end as evidence_date
    from evidence
    left join persons
        on evidence.person_key = persons.person_key
    where
        evidence.stated_date > cast('1900-01-01' as date)
        and (persons.birth_month_date is null or evidence.stated_date >= persons.birth_month_date)
        and (persons.death_date is null or evidence.stated_date <= {{ add_days('persons.death_date', 30) }})
)

select
    person_key,
    patient_pseudo,
    practice_key,
    source,
    problem_id,
    evidence_kind,
    evidence_date,
    max(stated_date) as stated_date,
    evidence_code,
    evidence_system,
    strength,
    max(evidence_value) as evidence_value,
    max(case when is_large_pack then 1 else 0 end) = 1 as is_large_pack,
    -- closed only where every statement of that day closes it
    case when count(*) = count(closed_date) then max(closed_date) end as closed_date
from dated
group by
    person_key, patient_pseudo, practice_key, source, problem_id, evidence_kind, evidence_date, evidence_code,
    evidence_system, strength
-- rows of a person together: see docs/decisions/0015
order by person_key nulls first, patient_pseudo nulls first
