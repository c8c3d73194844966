-- One person from all their identities. Sex and birth: what most identities say, the insured file first among
-- equals. Residence: the last of fct_residence. Death: the civil register's date (certificate, then the insured file) before
-- what practices say, of whom the most frequent date counts; a date before birth or after the delivery that brings it is no
-- death, and one that only a practice reports is contested by two later contacts elsewhere.
with latest_versions as (
    select
        person_key,
        source,
        patient_pseudo,
        birth_year,
        birth_month,
        nullif(sex, 'U') as sex,
        death_date,
        period_end
    from {{ ref('int_linked__patient_version') }}
    where version_number = 1
),

links as (
    select
        source,
        patient_pseudo,
        person_key,
        link_method
    from {{ ref('fct_patient_link') }}
),

persons as (
    select
        person_key,
        cast(count(*) as bigint) as identity_count,
        count(case when source = 'snds' then 1 end) > 0
        and count(case when source <> 'snds' then 1 end) > 0 as is_linked_snds,
        min(
            case link_method
                when 'nir' then '1nir' when 'snds_direct' then '2snds_direct' when 'traits' then '3traits'
                when 'single' then '9single' else '5' || link_method
            end
        ) as best_method
    from links
    group by person_key
),

votes as (
    select
        person_key,
        sex,
        birth_year,
        birth_month,
        count(*) as vote_count,
        max(case when source = 'snds' then 1 else 0 end) as is_insured_vote,
        max(period_end) as last_seen
    from latest_versions
    group by person_key, sex, birth_year, birth_month
),

elected as (
    select *
    from votes
    qualify
        row_number() over (
            partition by person_key
            order by
                case when sex is not null then 0 else 1 end asc nulls last,
                vote_count desc nulls last,
                is_insured_vote desc nulls last,
                last_seen desc nulls last,
                birth_year asc nulls last,
                birth_month asc nulls last,
                sex asc nulls last
        ) = 1
),

conflicts as (
    select
        person_key,
        count(distinct sex) > 1 as has_sex_conflict,
        count(distinct birth_year * 12 + coalesce(birth_month, 1)) > 1 as has_birth_conflict
    from latest_versions
    group by person_key
),

reported_deaths as (
    select
        person_key,
        death_date,
        period_end,
        case when source = 'snds' then 'insured_file' else 'practice' end as death_source,
        case when source = 'snds' then 2 else 3 end as source_rank
    from latest_versions
    where death_date is not null
    union all
    select
        person_key,
        death_date,
        cast(null as date) as period_end,
        'certificate' as death_source,
        1 as source_rank
    from {{ ref('fct_death_record') }}
    where death_date is not null
),

possible_deaths as (
    select
        reported_deaths.person_key,
        reported_deaths.death_date,
        reported_deaths.death_source,
        reported_deaths.source_rank
    from reported_deaths
    left join elected
        on reported_deaths.person_key = elected.person_key
    where
        reported_deaths.death_date > cast('1900-01-01' as date)
        and (reported_deaths.period_end is null or reported_deaths.death_date <= reported_deaths.period_end)
        and (
            elected.birth_year is null
            or reported_deaths.death_date >= make_date(elected.birth_year, coalesce(elected.birth_month, 1), 1)
        )
),

chosen_deaths as (
    select
        person_key,
        death_date,
        death_source
    from (
        select
            person_key,
            death_date,
            death_source,
            source_rank,
            count(*) as report_count
        from possible_deaths
        group by person_key, death_date, death_source, source_rank
    ) as counted
    qualify
        row_number() over (
            partition by person_key
            order by source_rank asc nulls last, report_count desc nulls last, death_date asc nulls last
        ) = 1
),

death_reports as (
    select
        person_key,
        count(distinct death_date) > 1 as has_death_conflict
    from reported_deaths
    group by person_key
),

-- Contacts more than a month after a death that only practices report, in records other than those that report it.
later_contacts as (
    select
        chosen_deaths.person_key,
        count(distinct encounter.encounter_date) as contact_count
    from chosen_deaths
    inner join {{ ref('fct_encounter') }} as encounter
        on
            chosen_deaths.person_key = encounter.person_key
            and encounter.encounter_date > {{ add_days('chosen_deaths.death_date', 30) }}
    left join latest_versions
        on
            encounter.source = latest_versions.source
            and encounter.patient_pseudo = latest_versions.patient_pseudo
            and latest_versions.death_date is not null
    where
        chosen_deaths.death_source = 'practice'
        and encounter.is_clinical_contact
        and latest_versions.patient_pseudo is null
    group by chosen_deaths.person_key
),

deaths as (
    select
        chosen_deaths.person_key,
        chosen_deaths.death_date as reported_death_date,
        chosen_deaths.death_source,
        coalesce(later_contacts.contact_count, 0) >= 2 as is_contested
    from chosen_deaths
    left join later_contacts
        on chosen_deaths.person_key = later_contacts.person_key
),

residences as (
    select
        person_key,
        commune_code
    from {{ ref('fct_residence') }}
    where end_date is null
),

-- Living in an institution on at least one day of the six months before the run's date (rule 0.12).
institutions as (
    select
        institution.person_key,
        min(institution.start_date) as institution_start_date
    from {{ ref('fct_institution_stay') }} as institution
    cross join {{ ref('stg_run') }} as run
    where
        institution.start_date <= run.as_of_date
        and (institution.end_date is null or institution.end_date > {{ add_months('run.as_of_date', -6) }})
    group by institution.person_key
)

select
    persons.person_key,
    elected.birth_year,
    elected.birth_month,
    coalesce(elected.sex, 'U') as sex,
    residences.commune_code,
    case when not deaths.is_contested then deaths.reported_death_date end as death_date,
    case
        when deaths.person_key is null then 'alive'
        when deaths.is_contested then 'contested'
        else 'deceased'
    end as vital_status,
    deaths.death_source,
    deaths.reported_death_date,
    coalesce(death_reports.has_death_conflict, false) as has_death_conflict,
    persons.is_linked_snds,
    substr(persons.best_method, 2) as link_method,
    persons.identity_count,
    coalesce(conflicts.has_sex_conflict, false) as has_sex_conflict,
    coalesce(conflicts.has_birth_conflict, false) as has_birth_conflict,
    institutions.person_key is not null as is_in_institution,
    institutions.institution_start_date
from persons
left join elected
    on persons.person_key = elected.person_key
left join conflicts
    on persons.person_key = conflicts.person_key
left join residences
    on persons.person_key = residences.person_key
left join deaths
    on persons.person_key = deaths.person_key
left join death_reports
    on persons.person_key = death_reports.person_key
left join institutions
    on persons.person_key = institutions.person_key
