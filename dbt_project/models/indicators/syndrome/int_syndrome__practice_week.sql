-- A practice is active in a week with consultations on three working days and at least 30 % of its own usual volume:
-- the median of the 26 weeks before. Holidays, migrations and failed extractions leave numerator and denominator.
with run as (
    select as_of_date from {{ ref('stg_run') }}
),

day as (
    select
        encounter.practice_key,
        encounter.encounter_date,
        {{ week_start('encounter.encounter_date') }} as week_start_date,
        cast(count(*) as bigint) as consultation_count
    from {{ ref('fct_encounter') }} as encounter
    inner join run on encounter.encounter_date <= run.as_of_date
    inner join {{ ref('dim_practice') }} as practice
        on
            encounter.practice_key = practice.practice_key
            and encounter.encounter_date >= practice.first_period_date
    where encounter.is_clinical_contact and encounter.practice_key is not null
    group by encounter.practice_key, encounter.encounter_date, {{ week_start('encounter.encounter_date') }}
),

week as (
    select
        practice_key,
        week_start_date,
        cast(sum(consultation_count) as bigint) as consultation_count,
        cast(sum(case
            when {{ days_between('week_start_date', 'encounter_date') }} < 5 then 1
            else 0
        end) as bigint) as working_day_count
    from day
    group by practice_key, week_start_date
),

usual as (
    select
        week.practice_key,
        week.week_start_date,
        {{ median('earlier.consultation_count') }} as usual_count
    from week
    inner join week as earlier
        on
            week.practice_key = earlier.practice_key
            and week.week_start_date > earlier.week_start_date
            and earlier.week_start_date >= {{ add_days('week.week_start_date', -182) }}
    group by week.practice_key, week.week_start_date
)

select
    week.practice_key,
    week.week_start_date,
    week.consultation_count,
    week.working_day_count,
    usual.usual_count,
    week.working_day_count >= 3
    and (usual.usual_count is null or week.consultation_count >= 0.3 * usual.usual_count) as is_active
from week
left join usual
    on
        week.practice_key = usual.practice_key
        and week.week_start_date = usual.week_start_date
