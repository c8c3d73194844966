-- A treatment taken for half a year or more whose last covered day lies more than 90 days before the date to which claims are
-- complete. Each dispensing covers the usual gap between two of them; a switch inside a class is no stop.
with run as (
    select claims_as_of_date from {{ ref('stg_run') }}
),

dispensing as (
    select event.unit_key, event.list_name as treatment, event.event_date
    from {{ ref('int_indicators__event') }} as event
    inner join run
        on
            event.event_date <= run.claims_as_of_date
            and event.event_date > {{ add_months('run.claims_as_of_date', -36) }}
    where
        event.unit_key < 0
        and event.entity = 'dispensing'
        and event.list_name in (
            'antihypertensive_specific', 'antidiabetic_specific', 'lipid_lowering', 'anticoagulant', 'antipsychotic'
        )
    group by event.unit_key, event.list_name, event.event_date
),

course as (
    select
        unit_key,
        treatment,
        min(event_date) as first_date,
        max(event_date) as last_date,
        cast(count(*) as bigint) as dispensing_count
    from dispensing
    group by unit_key, treatment
),

covered as (
    select
        course.unit_key,
        course.treatment,
        course.first_date,
        course.last_date,
        course.dispensing_count,
        {{ add_days(
            'course.last_date',
            'floor(cast(' ~ days_between('course.first_date', 'course.last_date')
            ~ ' as double) / cast(course.dispensing_count - 1 as double))'
        ) }} as covered_to_date
    from course
    where
        course.dispensing_count >= 3
        and course.last_date >= {{ add_days('course.first_date', 150) }}
)

select
    cast(-covered.unit_key as bigint) as person_key,
    covered.treatment,
    covered.last_date as last_dispensing_date,
    covered.covered_to_date
from covered
cross join run
where
    {{ add_days('covered.covered_to_date', 90) }} < run.claims_as_of_date
    -- Lipid-lowering is meant for life in secondary prevention only.
    and (
        covered.treatment != 'lipid_lowering'
        or covered.unit_key in (
            select disease.unit_key from {{ ref('int_indicators__case') }} as disease
            where disease.case_name = 'ascvd'
        )
    )
