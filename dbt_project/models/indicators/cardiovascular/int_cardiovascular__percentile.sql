-- What a missing input may be: the 5th and 95th percentile of the last values recorded in three years at that age and sex, from 100
-- people on; below that, the values of the seed. Rounded so that a few more patients do not move everybody's bounds.
with run as (
    select as_of_date from {{ ref('stg_run') }}
),

result as (
    select
        measurement.person_key,
        measurement.measure,
        patient.sex,
        {{ age_years('patient.birth_year', 'patient.birth_month', 'run.as_of_date') }} as age_years,
        cast(measurement.value as double) as value,
        row_number() over (
            partition by measurement.person_key, measurement.measure
            order by measurement.measurement_date desc nulls last, measurement.value asc nulls last
        ) as recency
    from {{ ref('fct_measurement') }} as measurement
    inner join run
        on
            measurement.measurement_date <= run.as_of_date
            and measurement.measurement_date > {{ add_months('run.as_of_date', -36) }}
    inner join {{ ref('dim_patient') }} as patient on measurement.person_key = patient.person_key
    where
        measurement.measure in ('sbp', 'tchol', 'hdl', 'hba1c', 'creatinine')
        and measurement.value is not null
        and coalesce(measurement.is_plausible, true)
        and patient.birth_month between 1 and 12
        and patient.sex in ('M', 'F')
),

diabetic as (
    select distinct person_key
    from {{ ref('fct_problem_episode') }}
    where problem_id = 'diabetes' and certainty = 'confirmed'
),

input_value as (
    select
        result.sex,
        result.age_years,
        case result.measure when 'hba1c' then 'hba1c_diabetes' when 'creatinine' then 'egfr' else result.measure end
            as measure,
        case result.measure
            when 'creatinine' then {{ ckd_epi_2009('result.value', 'result.age_years', 'result.sex') }} else result.value
        end as value
    from result
    left join diabetic on result.person_key = diabetic.person_key
    where result.recency = 1 and (result.measure != 'hba1c' or diabetic.person_key is not null)
),

observed as (
    select
        seed.measure,
        seed.sex,
        seed.age_from_years,
        cast(count(input_value.value) as bigint) as person_count,
        {{ quantile('input_value.value', 0.05) }} as p05,
        {{ quantile('input_value.value', 0.95) }} as p95
    from {{ ref('input_percentile') }} as seed
    left join input_value
        on
            seed.measure = input_value.measure
            and seed.sex = input_value.sex
            and seed.age_from_years <= input_value.age_years
            and seed.age_below_years > input_value.age_years
    group by seed.measure, seed.sex, seed.age_from_years
)

select
    seed.measure,
    seed.sex,
    cast(seed.age_from_years as integer) as age_from_years,
    cast(seed.age_below_years as integer) as age_below_years,
    case
        when observed.person_count < 100 then cast(seed.p05 as double)
        when seed.measure in ('tchol', 'hdl') then {{ round_to('observed.p05', 1) }}
        else {{ round_to('observed.p05', 0) }}
    end as p05,
    case
        when observed.person_count < 100 then cast(seed.p95 as double)
        when seed.measure in ('tchol', 'hdl') then {{ round_to('observed.p95', 1) }}
        else {{ round_to('observed.p95', 0) }}
    end as p95,
    observed.person_count,
    case when observed.person_count < 100 then 'seed' else 'observed' end as origin
from {{ ref('input_percentile') }} as seed
inner join observed
    on
        seed.measure = observed.measure
        and seed.sex = observed.sex
        and seed.age_from_years = observed.age_from_years
