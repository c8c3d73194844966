-- Which unknown answers of a practice's own record wait for which input. The class of cardiovascular risk and the question
-- whether somebody is at risk from influenza are unknown without being a status: they stand beside the measures.
with member as (
    select membership.person_key, membership.practice_key
    from {{ ref('int_indicators__membership') }} as membership
    inner join {{ ref('stg_run') }} as run
        on membership.valid_from <= run.as_of_date and membership.valid_to > run.as_of_date
    where membership.population_basis = 'active'
),

status as (
    select
        status.person_key, status.practice_key, status.indicator_id, status.record_status, status.record_reason_code
    from {{ ref('fct_indicator_status') }} as status
    inner join member on status.person_key = member.person_key and status.practice_key = member.practice_key
),

unknown_status as (
    select
        status.practice_key,
        status.person_key,
        reason.missing_input,
        status.indicator_id as question,
        case reason.settles when 'any_value' then 'settles' else 'settles_if_done' end as effect
    from status
    inner join {{ ref('recording_input_reason') }} as reason
        on status.indicator_id = reason.indicator_id and status.record_reason_code = reason.reason_code
    where status.record_status = 'unknown'
),

-- Total and HDL cholesterol count only from the same draw: they are one thing to record.
risk as (
    select
        risk.practice_key,
        risk.person_key,
        replace(risk.missing_inputs, 'total_cholesterol,hdl', 'lipid_panel') as missing_inputs
    from {{ ref('int_cardiovascular__risk') }} as risk
    inner join member on risk.person_key = member.person_key and risk.practice_key = member.practice_key
    where
        risk.basis = 'record'
        and risk.missing_inputs != ''
        and risk.category_esc2021 is null
        and risk.category_esc_dm2023 is null
),

unknown_class as (
    select
        risk.practice_key,
        risk.person_key,
        input.missing_input,
        'CV-CLASS' as question,
        case when risk.missing_inputs = input.missing_input then 'settles' else 'settles_with_others' end as effect
    from risk
    inner join {{ ref('recording_input') }} as input
        on ',' || risk.missing_inputs || ',' like '%,' || input.missing_input || ',%'
),

-- Obesity puts adults below 65 on the list for influenza: of those without a weight it is not known whether they are.
unweighed as (
    select status.practice_key, status.person_key
    from status
    inner join {{ ref('dim_patient') }} as patient on status.person_key = patient.person_key
    cross join {{ ref('stg_run') }} as run
    where
        status.indicator_id = 'DQ-BMI'
        and status.record_status = 'not_met'
        and {{ age_years('patient.birth_year', 'patient.birth_month', 'run.as_of_date') }} < 65
),

at_risk as (
    select practice_key, person_key
    from status
    where indicator_id = 'VAC-FLU-RISK' and record_status != 'not_applicable'
),

undecided as (
    select
        unweighed.practice_key,
        unweighed.person_key,
        'bmi' as missing_input,
        'VAC-FLU-RISK' as question,
        'decides_eligibility' as effect
    from unweighed
    left join at_risk
        on unweighed.practice_key = at_risk.practice_key and unweighed.person_key = at_risk.person_key
    where at_risk.person_key is null
)

select practice_key, person_key, missing_input, question, effect from unknown_status
union all
select practice_key, person_key, missing_input, question, effect from unknown_class
union all
select practice_key, person_key, missing_input, question, effect from undecided
