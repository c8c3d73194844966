-- On whose list a person was on any day, from what practices delivered. A person is on one list at a time: where two practices
-- call themselves the declared doctor, the later registration wins from its first day, and the earlier one does not resume.
with versions as (
    select
        person_key,
        source,
        patient_pseudo,
        practice_key,
        version_number,
        period_start,
        is_declared,
        registration_start_date,
        registration_end_date,
        death_date
    from {{ ref('int_linked__patient_version') }}
    where
        source <> 'snds'
        and {{ is_due_person() }}
),

-- The latest version tells the chart's own dates; every version tells whether it was declared from then on.
opened as (
    select
        person_key,
        source,
        patient_pseudo,
        practice_key,
        version_number,
        registration_start_date as opened_date,
        registration_end_date as closed_date,
        min(registration_start_date) over (
            partition by source, patient_pseudo order by version_number nulls first
            rows between unbounded preceding and 1 preceding
        ) as opened_again_date
    from versions
),

-- A chart that was closed, and opened again later, keeps the time it was open before.
charts as (
    select distinct
        person_key,
        source,
        patient_pseudo,
        practice_key,
        opened_date,
        closed_date
    from opened
    where
        version_number = 1
        or closed_date <= opened_again_date
),

stated as (
    select
        versions.source,
        versions.patient_pseudo,
        coalesce(versions.is_declared, false) as is_declared,
        versions.period_start,
        lag(coalesce(versions.is_declared, false)) over (
            partition by versions.source, versions.patient_pseudo order by versions.version_number desc nulls last
        ) as was_declared,
        versions.version_number
    from versions
),

changes as (
    select
        source,
        patient_pseudo,
        is_declared,
        -- before its first version a chart is what that version says
        case when was_declared is null then cast('1900-01-01' as date) else period_start end as changed_date,
        version_number
    from stated
    where was_declared is null or was_declared <> is_declared
),

periods as (
    select
        source,
        patient_pseudo,
        is_declared,
        changed_date,
        coalesce(
            lead(changed_date) over (
                partition by source, patient_pseudo
                order by changed_date asc nulls first, version_number desc nulls last
            ), {{ open_end() }}
        ) as ended_date
    from changes
),

persons as (
    select
        person_key,
        death_date
    from {{ ref('dim_patient') }}
),

declared as (
    select
        charts.person_key,
        charts.source,
        charts.patient_pseudo,
        charts.practice_key,
        greatest(coalesce(charts.opened_date, cast('1900-01-01' as date)), periods.changed_date) as valid_from,
        least(
            coalesce(charts.closed_date, {{ open_end() }}), periods.ended_date,
            coalesce({{ add_days('persons.death_date', 1) }}, {{ open_end() }})
        ) as valid_to
    from charts
    inner join periods
        on
            charts.source = periods.source
            and charts.patient_pseudo = periods.patient_pseudo
    left join persons
        on charts.person_key = persons.person_key
    where periods.is_declared
),

-- Two charts opened the same day: the smaller practice key, so that the day is counted once.
ordered as (
    select
        declared.*,
        lead(valid_from) over (
            partition by person_key
            order by
                valid_from asc nulls first, valid_to asc nulls first, practice_key desc nulls last,
                patient_pseudo desc nulls last
        ) as next_from
    from declared
    where valid_from < valid_to
),

single as (
    select
        person_key,
        source,
        patient_pseudo,
        practice_key,
        valid_from,
        least(valid_to, coalesce(next_from, valid_to)) as valid_to,
        next_from < valid_to as is_cut_short
    from ordered
)

select
    person_key,
    practice_key,
    source,
    patient_pseudo,
    valid_from as start_date,
    case when valid_to < {{ open_end() }} then valid_to end as end_date,
    coalesce(is_cut_short, false) as is_cut_short
from single
where valid_from < valid_to
