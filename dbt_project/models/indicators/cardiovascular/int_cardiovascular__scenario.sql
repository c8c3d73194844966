-- One row when every input is known; otherwise the best and the worst case of what is missing: its 5th and 95th
-- percentile at that age and sex, and both answers for smoking.
with input as (
    select
        *,
        case
            when has_diabetes and age_years < 70 then 'SCORE2-Diabetes'
            when age_years < 70 then 'SCORE2'
            else 'SCORE2-OP'
        end as model
    from {{ ref('int_cardiovascular__input') }}
    -- SCORE2-Diabetes is for type 2.
    where sex in ('M', 'F') and not (has_type_1_diabetes and age_years < 70)
),

spread as (
    select
        sex,
        age_from_years,
        age_below_years,
        max(case when measure = 'sbp' then p05 end) as sbp_low,
        max(case when measure = 'sbp' then p95 end) as sbp_high,
        max(case when measure = 'tchol' then p05 end) as tchol_low,
        max(case when measure = 'tchol' then p95 end) as tchol_high,
        max(case when measure = 'hdl' then p05 end) as hdl_low,
        max(case when measure = 'hdl' then p95 end) as hdl_high,
        max(case when measure = 'hba1c_diabetes' then p05 end) as hba1c_low,
        max(case when measure = 'hba1c_diabetes' then p95 end) as hba1c_high,
        max(case when measure = 'egfr' then p05 end) as egfr_low,
        max(case when measure = 'egfr' then p95 end) as egfr_high
    from {{ ref('int_cardiovascular__percentile') }}
    group by sex, age_from_years, age_below_years
),

scenario as (
    select cast(1 as integer) as is_high, cast(1 as integer) as smokes
    union all
    select cast(1 as integer) as is_high, cast(0 as integer) as smokes
    union all
    select cast(0 as integer) as is_high, cast(1 as integer) as smokes
    union all
    select cast(0 as integer) as is_high, cast(0 as integer) as smokes
),

filled as (
    select
        input.unit_key,
        input.model,
        input.age_years,
        input.sex,
        input.has_diabetes,
        input.age_at_diagnosis_years,
        scenario.is_high,
        scenario.smokes,
        case
            when input.smoking_code is not null then input.smoking_code = 'current' else scenario.smokes = 1
        end as is_smoker,
        coalesce(input.sbp_mmhg, case scenario.is_high when 1 then spread.sbp_high else spread.sbp_low end)
            as sbp_mmhg,
        coalesce(
            input.total_cholesterol_mmol_l,
            case scenario.is_high when 1 then spread.tchol_high else spread.tchol_low end
        ) as total_cholesterol_mmol_l,
        -- HDL protects: the worst case is the low value.
        coalesce(input.hdl_mmol_l, case scenario.is_high when 1 then spread.hdl_low else spread.hdl_high end)
            as hdl_mmol_l,
        coalesce(input.hba1c_mmol_mol, case scenario.is_high when 1 then spread.hba1c_high else spread.hba1c_low end)
            as hba1c_mmol_mol,
        coalesce(input.egfr_2009, case scenario.is_high when 1 then spread.egfr_low else spread.egfr_high end) as egfr
    from input
    cross join scenario
    inner join spread
        on
            input.sex = spread.sex
            and input.age_years >= spread.age_from_years
            and input.age_years < spread.age_below_years
    where
        (scenario.smokes = 1 or input.smoking_code is null)
        and (
            scenario.is_high = 1
            or input.sbp_mmhg is null
            or input.total_cholesterol_mmol_l is null
            or input.hdl_mmol_l is null
            or (input.model = 'SCORE2-Diabetes' and (input.hba1c_mmol_mol is null or input.egfr_2009 is null))
        )
)

select
    unit_key,
    model,
    is_high,
    smokes,
    case model
        when 'SCORE2' then {{ score2(
            'age_years', 'sex', 'is_smoker', 'sbp_mmhg', 'total_cholesterol_mmol_l', 'hdl_mmol_l', 'false', "'low'"
        ) }}
        when 'SCORE2-OP' then {{ score2_op(
            'age_years', 'sex', 'is_smoker', 'sbp_mmhg', 'total_cholesterol_mmol_l', 'hdl_mmol_l', 'has_diabetes', "'low'"
        ) }}
        else {{ score2_diabetes(
            'age_years', 'sex', 'is_smoker', 'sbp_mmhg', 'total_cholesterol_mmol_l', 'hdl_mmol_l', 'has_diabetes',
            'age_at_diagnosis_years', 'hba1c_mmol_mol', 'egfr', "'low'"
        ) }}
    end as risk_share
from filled
