-- Results that were stored and can be computed again: the body mass index from the weight of the day and an adult's last height, the
-- filtration rate from the creatinine of the day by either formula.
with run as (
    select as_of_date from {{ ref('stg_run') }}
),

result as (
    select
        measurement.person_key,
        measurement.practice_key,
        measurement.measure,
        measurement.measurement_date,
        {{ ratio('sum(cast(measurement.value as decimal(18, 6)))', 'count(*)') }} as value
    from {{ ref('fct_measurement') }} as measurement
    inner join run
        on
            measurement.measurement_date <= run.as_of_date
            and measurement.measurement_date > {{ add_months('run.as_of_date', -36) }}
    where
        measurement.practice_key is not null
        and measurement.value is not null
        and coalesce(measurement.is_plausible, true)
        and measurement.measure in ('bmi', 'weight', 'egfr', 'creatinine')
    group by measurement.person_key, measurement.practice_key, measurement.measure, measurement.measurement_date
),

height as (
    select
        measurement.person_key,
        max(measurement.measurement_date) as last_date,
        {{ latest('measurement.value', 'measurement.measurement_date') }} as height_cm
    from {{ ref('fct_measurement') }} as measurement
    inner join {{ ref('dim_patient') }} as patient on measurement.person_key = patient.person_key
    where
        measurement.measure = 'height'
        and measurement.value is not null
        and coalesce(measurement.is_plausible, true)
        and extract(year from measurement.measurement_date) - patient.birth_year >= 18
    group by measurement.person_key
),

checked as (
    select
        stored.practice_key,
        stored.measurement_date,
        abs(cast(stored.value as double) - {{ ratio('weight.value * 10000', 'height.height_cm * height.height_cm') }}) > 1 as is_violated
    from result as stored
    inner join result as weight
        on
            stored.person_key = weight.person_key
            and stored.practice_key = weight.practice_key
            and stored.measurement_date = weight.measurement_date
            and weight.measure = 'weight'
    inner join height on stored.person_key = height.person_key
    where stored.measure = 'bmi' and height.height_cm > 100
    union all
    select
        practice_key,
        measurement_date,
        abs(stored_egfr - egfr_2009) > 0.1 * egfr_2009 and abs(stored_egfr - egfr_2021) > 0.1 * egfr_2021 as is_violated
    from (
        select
            stored.practice_key,
            stored.measurement_date,
            cast(stored.value as double) as stored_egfr,
            {{ ckd_epi_2009(
                'cast(creatinine.value as double)',
                age_years('patient.birth_year', 'patient.birth_month', 'stored.measurement_date'),
                'patient.sex'
            ) }}
                as egfr_2009,
            {{ ckd_epi_2021(
                'cast(creatinine.value as double)',
                age_years('patient.birth_year', 'patient.birth_month', 'stored.measurement_date'),
                'patient.sex'
            ) }}
                as egfr_2021
        from result as stored
        inner join result as creatinine
            on
                stored.person_key = creatinine.person_key
                and stored.practice_key = creatinine.practice_key
                and stored.measurement_date = creatinine.measurement_date
                and creatinine.measure = 'creatinine'
        inner join {{ ref('dim_patient') }} as patient on stored.person_key = patient.person_key
        where stored.measure = 'egfr'
    ) as filtration
    where egfr_2009 is not null
)

select
    practice_key,
    {{ month_start('measurement_date') }} as month_start_date,
    'DQ-COMP' as measure,
    cast(sum(case when is_violated then 1 else 0 end) as bigint) as violated_count,
    cast(count(*) as bigint) as denominator_count
from checked
group by practice_key, {{ month_start('measurement_date') }}
