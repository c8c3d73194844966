-- Coded diseases against what would be expected: the rates of people of the same age and sex over all practices, by everything that
-- is known of them (codes, treatments, results, long-term illnesses). Half of it or less is under-coding.
with run as (
    select as_of_date from {{ ref('stg_run') }}
),

member as (
    select
        membership.practice_key,
        membership.person_key,
        patient.sex,
        least(
            cast(floor(
                cast({{ age_years('patient.birth_year', 'patient.birth_month', 'run.as_of_date') }} as double) / 10
            ) as integer),
            8
        ) as decade
    from {{ ref('int_indicators__membership') }} as membership
    inner join run on membership.valid_from <= run.as_of_date and membership.valid_to > run.as_of_date
    inner join {{ ref('dim_patient') }} as patient on membership.person_key = patient.person_key
    where
        membership.population_basis = 'active'
        and patient.birth_month between 1 and 12
        and {{ age_years('patient.birth_year', 'patient.birth_month', 'run.as_of_date') }} >= 18
),

episode as (
    select person_key, problem_id, max(case when has_code then 1 else 0 end) as has_code
    from {{ ref('fct_problem_episode') }}
    where
        problem_id in ('diabetes', 'hypertension', 'copd', 'depression')
        and certainty in ('confirmed', 'probable')
        and is_active
    group by person_key, problem_id
),

coded as (
    select distinct person_key, practice_key, problem_id
    from {{ ref('fct_problem_evidence') }}
    where
        evidence_kind = 'code'
        and practice_key is not null
        and problem_id in ('diabetes', 'hypertension', 'copd', 'depression')
),

problem as (
    select distinct problem_id from episode
),

standard as (
    select
        member.sex,
        member.decade,
        problem.problem_id,
        {{ ratio('count(distinct episode.person_key)', 'count(distinct member.person_key)') }} as rate
    from member
    cross join problem
    left join episode on member.person_key = episode.person_key and problem.problem_id = episode.problem_id
    group by member.sex, member.decade, problem.problem_id
),

counted as (
    select
        member.practice_key,
        standard.problem_id,
        cast(count(*) as bigint) as person_count,
        cast(count(coded.person_key) as bigint) as coded_count,
        cast(sum(cast(standard.rate as decimal(18, 12))) as double) as expected_count
    from member
    inner join standard on member.sex = standard.sex and member.decade = standard.decade
    left join coded
        on
            member.person_key = coded.person_key
            and member.practice_key = coded.practice_key
            and standard.problem_id = coded.problem_id
    group by member.practice_key, standard.problem_id
)

select
    practice_key,
    problem_id,
    person_count,
    coded_count,
    round(expected_count, 9) as expected_count,
    {{ ratio('coded_count', 'expected_count') }} as coded_ratio,
    expected_count > 0 and coded_count < 0.5 * expected_count as is_under_coded
from counted
