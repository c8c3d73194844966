with input as (
    select
        *,
        case
            when has_diabetes and age_years < 70 then 'SCORE2-Diabetes'
            when age_years < 70 then 'SCORE2'
            else 'SCORE2-OP'
        end as model,
        case when is_ckd_confirmed then egfr_2009 end as confirmed_egfr
    from {{ ref('int_cardiovascular__input') }}
),

bounds as (
    select unit_key, min(risk_share) as risk_low_share, max(risk_share) as risk_high_share
    from {{ ref('int_cardiovascular__scenario') }}
    group by unit_key
),

assessed as (
    select
        input.*,
        -- No score is for type 1 below 70: recording more would settle nothing.
        case when input.has_type_1_diabetes and input.age_years < 70 then '' else concat_ws(
            ',',
            case when input.smoking_code is null then 'smoking' end,
            case when input.sbp_mmhg is null then 'sbp' end,
            case when input.total_cholesterol_mmol_l is null then 'total_cholesterol' end,
            case when input.hdl_mmol_l is null then 'hdl' end,
            case when input.model = 'SCORE2-Diabetes' and input.hba1c_mmol_mol is null then 'hba1c' end,
            case when input.model = 'SCORE2-Diabetes' and input.egfr_2009 is null then 'egfr' end
        ) end as missing_inputs,
        bounds.risk_low_share,
        bounds.risk_high_share,
        kidney_low.category as kidney_low_category,
        kidney_high.category as kidney_high_category
    from input
    left join bounds on input.unit_key = bounds.unit_key
    -- Without an albumin to creatinine ratio the class lies between that of none and that of much.
    left join {{ ref('kidney_category') }} as kidney_low
        on
            input.confirmed_egfr >= kidney_low.egfr_from
            and input.confirmed_egfr < kidney_low.egfr_below
            and coalesce(input.acr_mg_mmol, 0) >= kidney_low.acr_from
            and coalesce(input.acr_mg_mmol, 0) < kidney_low.acr_below
    left join {{ ref('kidney_category') }} as kidney_high
        on
            input.confirmed_egfr >= kidney_high.egfr_from
            and input.confirmed_egfr < kidney_high.egfr_below
            and coalesce(input.acr_mg_mmol, 1000) >= kidney_high.acr_from
            and coalesce(input.acr_mg_mmol, 1000) < kidney_high.acr_below
),

classed as (
    select
        assessed.*,
        esc2021_low.category as esc2021_low_category,
        esc2021_high.category as esc2021_high_category,
        eas2025_low.category as eas2025_low_category,
        eas2025_high.category as eas2025_high_category,
        dm2023_low.category as dm2023_low_category,
        dm2023_high.category as dm2023_high_category,
        bp2024_low.category as bp2024_low_category,
        bp2024_high.category as bp2024_high_category
    from assessed
    {% for scheme in ['esc2021', 'eas2025', 'dm2023', 'bp2024'] -%}
        {% for bound in ['low', 'high'] -%}
            left join {{ ref('risk_category') }} as {{ scheme }}_{{ bound }}
                on
                    {{ scheme }}_{{ bound }}.scheme = '{{ scheme }}'
                    and assessed.age_years >= {{ scheme }}_{{ bound }}.age_from_years
                    and assessed.age_years < {{ scheme }}_{{ bound }}.age_below_years
                    and assessed.risk_{{ bound }}_share >= {{ scheme }}_{{ bound }}.risk_from_share
                    and assessed.risk_{{ bound }}_share < {{ scheme }}_{{ bound }}.risk_below_share
        {% endfor -%}
    {% endfor %}
),

-- Precedence: established disease, then organ damage with diabetes, then kidney disease, then familial hypercholesterolaemia,
-- then the score.
judged as (
    select
        unit_key,
        basis,
        person_key,
        practice_key,
        cast(age_years as integer) as age_years,
        sex,
        model,
        case when missing_inputs = '' then risk_low_share end as risk_share,
        risk_low_share,
        risk_high_share,
        case
            when has_ascvd then 'very_high'
            when has_diabetes and (egfr_2009 < 45 or acr_mg_mmol > 30 or (egfr_2009 < 60 and acr_mg_mmol >= 3))
                then 'very_high'
            when kidney_low_category = kidney_high_category and kidney_low_category in ('high', 'very_high')
                then kidney_low_category
            when has_familial_hypercholesterolaemia then 'high'
            when has_diabetes then cast(null as string)
            when esc2021_low_category = esc2021_high_category then esc2021_low_category
        end as category_esc2021,
        case
            when has_ascvd then 'very_high'
            when kidney_low_category = kidney_high_category and kidney_low_category in ('high', 'very_high')
                then kidney_low_category
            when has_familial_hypercholesterolaemia then 'high'
            when has_diabetes then cast(null as string)
            when eas2025_low_category = eas2025_high_category then eas2025_low_category
        end as category_esc_eas2025,
        case
            when not has_diabetes then cast(null as string)
            when has_ascvd or egfr_2009 < 45 or acr_mg_mmol > 30 or (egfr_2009 < 60 and acr_mg_mmol >= 3)
                then 'very_high'
            when dm2023_low_category = dm2023_high_category then dm2023_low_category
        end as category_esc_dm2023,
        -- The 2024 pressure guideline asks one question: is the risk sufficiently high to treat from 130/80 on?
        case
            when has_ascvd or has_diabetes or has_familial_hypercholesterolaemia or is_ckd_confirmed then 'sufficiently_high'
            when bp2024_low_category = bp2024_high_category then bp2024_low_category
        end as category_esc2024_bp,
        case
            when has_ascvd then 'ascvd'
            when has_diabetes and (egfr_2009 < 45 or acr_mg_mmol > 30 or (egfr_2009 < 60 and acr_mg_mmol >= 3))
                then 'diabetes_organ_damage'
            when kidney_low_category = kidney_high_category and kidney_low_category in ('high', 'very_high')
                then 'kidney_disease'
            when has_familial_hypercholesterolaemia then 'familial_hypercholesterolaemia'
            when has_type_1_diabetes and age_years < 70 then 'type_1_diabetes'
            when missing_inputs = '' then 'score'
            else 'score_bounds'
        end as category_reason,
        missing_inputs,
        sbp_mmhg,
        total_cholesterol_mmol_l,
        hdl_mmol_l,
        smoking_code,
        has_ascvd,
        has_diabetes,
        egfr_2009,
        egfr_2021,
        acr_mg_mmol,
        has_familial_hypercholesterolaemia,
        ldl_mmol_l,
        is_on_statin,
        is_on_antihypertensive
    from classed
)

-- A goal is given with the class of its own guideline, never with another's.
select
    judged.unit_key,
    judged.basis,
    judged.person_key,
    judged.practice_key,
    judged.age_years,
    judged.sex,
    judged.model,
    judged.risk_share,
    judged.risk_low_share,
    judged.risk_high_share,
    judged.category_esc2021,
    judged.category_esc_eas2025,
    judged.category_esc_dm2023,
    judged.category_esc2024_bp,
    judged.category_reason,
    judged.missing_inputs,
    judged.sbp_mmhg,
    judged.total_cholesterol_mmol_l,
    judged.hdl_mmol_l,
    judged.smoking_code,
    judged.has_ascvd,
    judged.has_diabetes,
    judged.egfr_2009,
    judged.egfr_2021,
    judged.acr_mg_mmol,
    judged.has_familial_hypercholesterolaemia,
    judged.ldl_mmol_l,
    judged.is_on_statin,
    judged.is_on_antihypertensive,
    cast(goal_2021.ldl_below_mmol_l as double) as ldl_goal_esc2021_mmol_l,
    judged.ldl_mmol_l < goal_2021.ldl_below_mmol_l as is_ldl_on_goal_esc2021,
    cast(goal_2025.ldl_below_mmol_l as double) as ldl_goal_esc_eas2025_mmol_l,
    judged.ldl_mmol_l < goal_2025.ldl_below_mmol_l as is_ldl_on_goal_esc_eas2025
from judged
left join {{ ref('ldl_goal') }} as goal_2021
    on goal_2021.scheme = 'esc2021' and judged.category_esc2021 = goal_2021.category
left join {{ ref('ldl_goal') }} as goal_2025
    on goal_2025.scheme = 'eas2025' and judged.category_esc_eas2025 = goal_2025.category
