{%- set recent_pressure -%}
    recent.measure = 'sbp' and recent.recency <= 3 and recent.value_date > {{ add_months('adult.as_of_date', -24) }}
{%- endset -%}
with run as (
    select as_of_date from {{ ref('stg_run') }}
),

adult as (
    select
        unit.unit_key,
        unit.basis,
        unit.person_key,
        unit.practice_key,
        unit.sex,
        unit.birth_month_date,
        run.as_of_date,
        {{ age_years('extract(year from unit.birth_month_date)', 'extract(month from unit.birth_month_date)', 'run.as_of_date') }}
            as age_years
    from {{ ref('int_indicators__every_unit') }} as unit
    cross join run
    where
        unit.birth_month_date is not null
        and unit.life_end_date > run.as_of_date
        and {{ age_reached('unit.birth_month_date', 40) }} <= run.as_of_date
        and {{ age_reached('unit.birth_month_date', 90) }} > run.as_of_date
),

reading as (
    select reading.unit_key, reading.measure, reading.value_date, reading.value, reading.value_code
    from {{ ref('int_cardiovascular__reading') }} as reading
    inner join run on reading.value_date <= run.as_of_date
),

occurrence as (
    select occurrence.unit_key, occurrence.list_name, occurrence.role, occurrence.entity, occurrence.event_date
    from {{ ref('int_cardiovascular__event') }} as occurrence
    inner join run on occurrence.event_date <= run.as_of_date
),

-- What is recorded and still valid, latest day first within each measure.
recent as (
    select
        value.unit_key,
        value.measure,
        value.value_date,
        value.value,
        value.value_code,
        row_number() over (
            partition by value.unit_key, value.measure order by value.value_date desc nulls last
        ) as recency
    from reading as value
    inner join adult on value.unit_key = adult.unit_key
    where
        value.measure in ('sbp', 'smoking', 'hba1c', 'creatinine', 'acr', 'ldl')
        and value.value_date > {{ add_months('adult.as_of_date', -60) }}
),

latest_value as (
    select
        recent.unit_key,
        {{ ratio(
            'sum(case when ' ~ recent_pressure ~ ' then cast(recent.value as decimal(18, 6)) end)',
            'count(case when ' ~ recent_pressure ~ ' then 1 end)'
        ) }} as sbp_mmhg,
        max(case
            when
                recent.measure = 'smoking' and recent.recency = 1
                and (
                    recent.value_code = 'never'
                    or recent.value_date > {{ add_months('adult.as_of_date', -36) }}
                ) then recent.value_code
        end) as smoking_code,
        max(case
            when
                recent.measure = 'hba1c' and recent.recency = 1
                and recent.value_date > {{ add_months('adult.as_of_date', -24) }} then recent.value
        end) as hba1c_mmol_mol,
        max(case
            when
                recent.measure = 'creatinine' and recent.recency = 1
                and recent.value_date > {{ add_months('adult.as_of_date', -24) }} then recent.value
        end) as creatinine_umol_l,
        max(case when recent.measure = 'creatinine' and recent.recency = 1 then recent.value_date end)
            as creatinine_date,
        max(case
            when
                recent.measure = 'ldl' and recent.recency = 1
                and recent.value_date > {{ add_months('adult.as_of_date', -12) }} then recent.value
        end) as ldl_mmol_l,
        max(case
            when
                recent.measure = 'acr' and recent.recency = 1
                and recent.value_date > {{ add_months('adult.as_of_date', -36) }} then recent.value
        end) as acr_mg_mmol
    from recent
    inner join adult on recent.unit_key = adult.unit_key
    group by recent.unit_key
),

treatment as (
    select
        event.unit_key,
        max(case
            when event.list_name = 'statin' and event.event_date > {{ add_months('adult.as_of_date', -12) }} then 1
            else 0
        end) = 1 as is_on_statin,
        max(case
            when
                event.list_name = 'antihypertensive' and event.role = 'case'
                and event.event_date > {{ add_months('adult.as_of_date', -12) }} then 1
            else 0
        end) = 1 as is_on_antihypertensive
    from occurrence as event
    inner join adult on event.unit_key = adult.unit_key
    where event.list_name in ('statin', 'antihypertensive')
    group by event.unit_key
),

disease as (
    select
        unit_key,
        min(case when role = 'ascvd' then event_date end) as ascvd_date,
        min(case when list_name = 'diabetes' and role = 'case' then event_date end) as diabetes_date,
        min(case when list_name = 'type_1_diabetes' then event_date end) as type_1_date,
        min(case when list_name = 'familial_hypercholesterolaemia' then event_date end) as familial_date
    from occurrence
    where entity in ('condition', 'long_term_illness', 'hospital_diagnosis', 'case')
    group by unit_key
),

lipid as (
    select
        total.unit_key,
        total.value as total_cholesterol_mmol_l,
        hdl.value as hdl_mmol_l,
        row_number() over (partition by total.unit_key order by total.value_date desc nulls last) as recency
    from reading as total
    inner join reading as hdl
        on total.unit_key = hdl.unit_key and total.value_date = hdl.value_date
    inner join adult on total.unit_key = adult.unit_key
    left join treatment on total.unit_key = treatment.unit_key
    where
        total.measure = 'tchol'
        and hdl.measure = 'hdl'
        and total.value is not null
        and hdl.value is not null
        and total.value_date
        > {{ add_months('adult.as_of_date', 'case when treatment.is_on_statin then -24 else -60 end') }}
),

-- Chronic kidney disease needs two low values at least 90 days apart.
filtration as (
    select
        value.unit_key,
        value.value_date,
        {{ ckd_epi_2009(
            'value.value',
            age_years('extract(year from unit.birth_month_date)', 'extract(month from unit.birth_month_date)', 'value.value_date'),
            'unit.sex'
        ) }} as egfr
    from reading as value
    inner join {{ ref('int_indicators__every_unit') }} as unit on value.unit_key = unit.unit_key
    inner join adult on value.unit_key = adult.unit_key
    where
        value.measure = 'creatinine'
        and value.value is not null
        and value.value_date > {{ add_months('adult.as_of_date', -36) }}
),

kidney as (
    select
        unit_key,
        {{ days_between('min(case when egfr < 60 then value_date end)', 'max(case when egfr < 60 then value_date end)') }}
        >= 90 as is_ckd_confirmed
    from filtration
    group by unit_key
)

select
    adult.unit_key,
    adult.basis,
    adult.person_key,
    adult.practice_key,
    adult.age_years,
    adult.sex,
    latest_value.sbp_mmhg,
    lipid.total_cholesterol_mmol_l,
    lipid.hdl_mmol_l,
    latest_value.smoking_code,
    disease.ascvd_date is not null as has_ascvd,
    disease.diabetes_date is not null as has_diabetes,
    disease.type_1_date is not null as has_type_1_diabetes,
    disease.familial_date is not null as has_familial_hypercholesterolaemia,
    cast(
        {{ age_years('extract(year from adult.birth_month_date)', 'extract(month from adult.birth_month_date)', 'disease.diabetes_date') }}
        as integer
    ) as age_at_diagnosis_years,
    latest_value.hba1c_mmol_mol,
    latest_value.acr_mg_mmol,
    latest_value.ldl_mmol_l,
    {{ ckd_epi_2009(
        'latest_value.creatinine_umol_l',
        age_years('extract(year from adult.birth_month_date)', 'extract(month from adult.birth_month_date)', 'latest_value.creatinine_date'),
        'adult.sex'
    ) }} as egfr_2009,
    {{ ckd_epi_2021(
        'latest_value.creatinine_umol_l',
        age_years('extract(year from adult.birth_month_date)', 'extract(month from adult.birth_month_date)', 'latest_value.creatinine_date'),
        'adult.sex'
    ) }} as egfr_2021,
    coalesce(kidney.is_ckd_confirmed, false) as is_ckd_confirmed,
    coalesce(treatment.is_on_statin, false) as is_on_statin,
    coalesce(treatment.is_on_antihypertensive, false) as is_on_antihypertensive
from adult
left join latest_value on adult.unit_key = latest_value.unit_key
left join lipid on adult.unit_key = lipid.unit_key and lipid.recency = 1
left join disease on adult.unit_key = disease.unit_key
left join treatment on adult.unit_key = treatment.unit_key
left join kidney on adult.unit_key = kidney.unit_key
