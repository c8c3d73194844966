-- One person from all their identities. Sex and birth: what most identities say, a certified number
-- first; residence: the latest delivered; death: the earliest date anyone reports.
with latest_versions as (
    select
        person_key,
        source,
        patient_pseudo,
        birth_year,
        birth_month,
        nullif(sex, 'U') as sex,
        commune_code,
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
        count(distinct birth_year * 12 + coalesce(birth_month, 1)) > 1 as has_birth_conflict,
        min(death_date) as death_date
    from latest_versions
    group by person_key
),

residences as (
    select
        person_key,
        commune_code
    from latest_versions
    where commune_code is not null
    qualify
        row_number() over (
            partition by person_key
            order by period_end desc nulls last, source asc nulls last, patient_pseudo asc nulls last
        ) = 1
)

select
    persons.person_key,
    elected.birth_year,
    elected.birth_month,
    coalesce(elected.sex, 'U') as sex,
    residences.commune_code,
    conflicts.death_date,
    persons.is_linked_snds,
    substr(persons.best_method, 2) as link_method,
    persons.identity_count,
    coalesce(conflicts.has_sex_conflict, false) as has_sex_conflict,
    coalesce(conflicts.has_birth_conflict, false) as has_birth_conflict
from persons
left join elected
    on persons.person_key = elected.person_key
left join conflicts
    on persons.person_key = conflicts.person_key
left join residences
    on persons.person_key = residences.person_key
