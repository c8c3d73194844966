-- Checks of people, charts and places of care, by the practice that holds the chart: at the month the
-- run speaks of, and for two practices on one day and claims without a record, by the month of the contact.
with run as (
    select
        as_of_date,
        claims_as_of_date
    from {{ ref('stg_run') }}
),

charts as (
    select
        chart.source,
        chart.practice_key,
        chart.patient_pseudo,
        chart.person_key,
        chart.birth_year,
        chart.birth_month,
        chart.sex,
        chart.commune_code,
        chart.death_date,
        {{ month_start('run.as_of_date') }} as month_start_date
    from {{ ref('int_linked__patient_version') }} as chart
    cross join run
    where chart.version_number = 1
),

identities as (
    select
        link.source,
        link.practice_key,
        link.patient_pseudo,
        link.person_key,
        {{ month_start('run.as_of_date') }} as month_start_date
    from {{ ref('fct_patient_link') }} as link
    cross join run
),

persons as (
    select
        person_key,
        has_sex_conflict,
        has_birth_conflict,
        is_linked_snds
    from {{ ref('dim_patient') }}
),

claimed_deaths as (
    select
        person_key,
        min(death_date) as death_date
    from charts
    where source = 'snds'
    group by person_key
),

chart_numbers as (
    select
        source,
        practice_key,
        person_key,
        month_start_date,
        count(*) as chart_count
    from charts
    where practice_key is not null
    group by source, practice_key, person_key, month_start_date
),

registrations as (
    select
        registration.source,
        registration.practice_key,
        registration.person_key,
        registration.patient_pseudo,
        registration.start_date,
        registration.end_date,
        registration.is_declared,
        {{ month_start('run.as_of_date') }} as month_start_date
    from {{ ref('fct_registration') }} as registration
    cross join run
),

overlapping as (
    select distinct
        one.source,
        one.practice_key,
        one.patient_pseudo
    from registrations as one
    inner join registrations as other
        on
            one.person_key = other.person_key
            and one.practice_key <> other.practice_key
            and one.is_declared
            and other.is_declared
            -- an interval that ends before it begins overlaps nothing
            and coalesce(one.end_date > one.start_date, true)
            and coalesce(other.end_date > other.start_date, true)
            and one.start_date < coalesce(other.end_date, cast('9999-12-31' as date))
            and other.start_date < coalesce(one.end_date, cast('9999-12-31' as date))
),

contacts as (
    select
        source,
        practice_key,
        practitioner_key,
        person_key,
        encounter_date,
        is_gp
    from {{ ref('fct_encounter') }}
    where
        is_clinical_contact
        and encounter_date is not null
),

practice_days as (
    select
        person_key,
        encounter_date,
        count(distinct practice_key) as practice_count
    from contacts
    where source <> 'snds'
    group by person_key, encounter_date
),

-- What the practice's doctors billed for people it holds a chart of, against its own record of the day.
billed as (
    select distinct
        practitioner.practice_key,
        contact.person_key,
        contact.encounter_date
    from contacts as contact
    inner join {{ ref('dim_practitioner') }} as practitioner
        on
            contact.practitioner_key = practitioner.practitioner_key
            and contact.encounter_date between practitioner.first_seen_date and practitioner.last_seen_date
    inner join chart_numbers
        on
            practitioner.practice_key = chart_numbers.practice_key
            and contact.person_key = chart_numbers.person_key
    cross join run
    where
        contact.source = 'snds'
        and contact.is_gp
        and contact.encounter_date <= run.claims_as_of_date
),

checked as (
    select source, practice_key, month_start_date, 'no_patient_row:identity' as check_id, not exists_row as is_violated
    from (
        select
            identities.*,
            charts.patient_pseudo is not null as exists_row
        from identities
        left join charts
            on
                identities.source = charts.source
                and identities.patient_pseudo = charts.patient_pseudo
    ) as identity
    union all
    select source, practice_key, month_start_date, 'no_birth:patient' as check_id, birth_year is null as is_violated
    from charts
    union all
    select
        source,
        practice_key,
        month_start_date,
        'no_sex:patient' as check_id,
        coalesce(sex, 'U') not in ('F', 'M') as is_violated
    from charts
    union all
    select source, practice_key, month_start_date, 'no_commune:patient' as check_id, commune_code is null as is_violated
    from charts
    union all
    select
        charts.source,
        charts.practice_key,
        charts.month_start_date,
        'unknown_commune:patient' as check_id,
        territory.commune_code is null as is_violated
    from charts
    left join {{ ref('dim_territory') }} as territory
        on charts.commune_code = territory.commune_code
    where charts.commune_code is not null
    union all
    select
        charts.source,
        charts.practice_key,
        charts.month_start_date,
        'impossible_birth:patient' as check_id,
        charts.birth_year < 1900
        or charts.birth_year > extract(year from run.as_of_date)
        or coalesce(charts.birth_month not between 1 and 12, false) as is_violated
    from charts
    cross join run
    where charts.birth_year is not null
    union all
    select
        charts.source,
        charts.practice_key,
        charts.month_start_date,
        'sex_conflict:patient' as check_id,
        persons.has_sex_conflict as is_violated
    from charts
    inner join persons
        on charts.person_key = persons.person_key
    union all
    select
        charts.source,
        charts.practice_key,
        charts.month_start_date,
        'birth_conflict:patient' as check_id,
        persons.has_birth_conflict as is_violated
    from charts
    inner join persons
        on charts.person_key = persons.person_key
    union all
    select
        charts.source,
        charts.practice_key,
        charts.month_start_date,
        'death_not_recorded:patient' as check_id,
        charts.death_date is null as is_violated
    from charts
    inner join claimed_deaths
        on charts.person_key = claimed_deaths.person_key
    where
        charts.source <> 'snds'
        and claimed_deaths.death_date is not null
    union all
    select source, practice_key, month_start_date, 'several_charts:patient' as check_id, chart_count > 1 as is_violated
    from chart_numbers
    union all
    select
        registrations.source,
        registrations.practice_key,
        registrations.month_start_date,
        'overlap:registration' as check_id,
        overlapping.patient_pseudo is not null as is_violated
    from registrations
    left join overlapping
        on
            registrations.source = overlapping.source
            and registrations.practice_key = overlapping.practice_key
            and registrations.patient_pseudo = overlapping.patient_pseudo
    where registrations.is_declared
    union all
    select
        registrations.source,
        registrations.practice_key,
        registrations.month_start_date,
        'end_before_start:registration' as check_id,
        registrations.end_date < registrations.start_date as is_violated
    from registrations
    where
        registrations.start_date is not null
        and registrations.end_date is not null
    union all
    select
        contacts.source,
        contacts.practice_key,
        {{ month_start('contacts.encounter_date') }} as month_start_date,
        'two_practices_one_day:encounter' as check_id,
        practice_days.practice_count > 1 as is_violated
    from contacts
    inner join practice_days
        on
            contacts.person_key = practice_days.person_key
            and contacts.encounter_date = practice_days.encounter_date
    cross join run
    where
        contacts.source <> 'snds'
        and contacts.encounter_date between cast('1990-01-01' as date) and run.as_of_date
    union all
    select
        practice.source,
        billed.practice_key,
        {{ month_start('billed.encounter_date') }} as month_start_date,
        'billed_not_recorded:encounter' as check_id,
        recorded.person_key is null as is_violated
    from billed
    inner join {{ ref('dim_practice') }} as practice
        on
            billed.practice_key = practice.practice_key
            and billed.encounter_date between practice.first_period_date and practice.last_period_date
    left join (
        select distinct
            practice_key,
            person_key,
            encounter_date
        from contacts
        where source <> 'snds'
    ) as recorded
        on
            billed.practice_key = recorded.practice_key
            and billed.person_key = recorded.person_key
            and billed.encounter_date = recorded.encounter_date
)

select
    check_id,
    source,
    practice_key,
    month_start_date,
    cast(count(case when is_violated then 1 end) as bigint) as violated_count,
    cast(count(*) as bigint) as denominator_count
from checked
group by check_id, source, practice_key, month_start_date
