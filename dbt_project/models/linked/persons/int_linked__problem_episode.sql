-- Episodes of problems from their evidence. A code, a long-term illness or a stay's diagnosis that is the disease confirms;
-- medicines and results count as often as their rule asks, within one basis: what was prescribed and what was dispensed
-- are two views of one treatment, never two treatments. Acute illnesses: a new episode after so many days without contact.
with evidence as (
    select
        person_key,
        source,
        problem_id,
        evidence_kind,
        evidence_date,
        stated_date,
        evidence_code,
        strength,
        is_large_pack,
        closed_date,
        case when source = 'snds' then 'claims' else 'record' end as basis
    from {{ ref('fct_problem_evidence') }}
    where {{ is_due_person() }}
),

problems as (
    select
        problem_id,
        problem_kind,
        episode_days,
        active_months,
        medicines_void_near
    from {{ ref('problem') }}
),

-- Days near which the medicines of a problem have another reason: insulin in pregnancy is no diabetes for life.
void_days as (
    select distinct
        evidence.person_key,
        problems.problem_id,
        evidence.stated_date
    from evidence
    inner join problems
        on evidence.problem_id = problems.medicines_void_near
),

-- One rule per problem and strength: the codes of a strength share it.
drug_rules as (
    select
        problem_id,
        strength,
        max(date_count) as date_count,
        max(within_months) as within_months
    from {{ ref('problem_drug') }}
    group by problem_id, strength
),

drug_days as (
    select
        person_key,
        basis,
        problem_id,
        strength,
        evidence_date,
        max(case when is_large_pack then 1 else 0 end) as large_pack,
        max(stated_date) as stated_date
    from evidence
    where
        evidence_kind = 'drug'
        and not exists (
            select 1
            from void_days
            where
                void_days.person_key = evidence.person_key
                and void_days.problem_id = evidence.problem_id
                and abs({{ days_between('void_days.stated_date', 'evidence.evidence_date') }}) <= 280
        )
    group by person_key, basis, problem_id, strength, evidence_date
),

drug_neighbours as (
    select
        drug_days.*,
        drug_rules.date_count,
        drug_rules.within_months,
        lag(drug_days.evidence_date, 2) over days as second_before,
        lag(drug_days.evidence_date, 1) over days as before,
        lead(drug_days.evidence_date, 1) over days as after,
        lead(drug_days.evidence_date, 2) over days as second_after,
        lag(drug_days.large_pack, 1) over days as large_before,
        lead(drug_days.large_pack, 1) over days as large_after
    from drug_days
    inner join drug_rules
        on
            drug_days.problem_id = drug_rules.problem_id
            and drug_days.strength = drug_rules.strength
    window days as (
        partition by drug_days.person_key, drug_days.basis, drug_days.problem_id, drug_days.strength
        order by drug_days.evidence_date nulls first
    )
),

qualified_drugs as (
    select
        person_key,
        basis,
        problem_id,
        'drug' as evidence_kind,
        evidence_date,
        stated_date,
        strength as certainty,
        cast(null as date) as closed_date
    from drug_neighbours
    where
        date_count = 1
        or (
            (date_count = 2 or large_pack = 1 or large_before = 1)
            and {{ add_months('before', 'within_months') }} > evidence_date
        )
        or (
            (date_count = 2 or large_pack = 1 or large_after = 1)
            and {{ add_months('evidence_date', 'within_months') }} > after
        )
        or {{ add_months('second_before', 'within_months') }} > evidence_date
        or {{ add_months('before', 'within_months') }} > after
        or {{ add_months('evidence_date', 'within_months') }} > second_after
),

tests as (
    select
        evidence.person_key,
        evidence.basis,
        evidence.problem_id,
        evidence.evidence_code,
        evidence.evidence_date,
        evidence.stated_date,
        listed.value_count,
        listed.apart_days,
        listed.within_months
    from evidence
    inner join {{ ref('problem_test') }} as listed
        on
            evidence.problem_id = listed.problem_id
            and evidence.evidence_code = listed.measure
    where evidence.evidence_kind = 'test'
),

repeated_tests as (
    select distinct
        tests.person_key,
        tests.problem_id,
        tests.evidence_code,
        tests.evidence_date
    from tests
    inner join tests as other
        on
            tests.person_key = other.person_key
            and tests.problem_id = other.problem_id
            and tests.evidence_code = other.evidence_code
    where
        tests.value_count = 1
        or (
            abs({{ days_between('tests.evidence_date', 'other.evidence_date') }}) >= tests.apart_days
            and (
                tests.within_months is null
                or {{ add_months('least(tests.evidence_date, other.evidence_date)', 'tests.within_months') }}
                > greatest(tests.evidence_date, other.evidence_date)
            )
        )
),

qualified_tests as (
    select
        tests.person_key,
        tests.basis,
        tests.problem_id,
        'test' as evidence_kind,
        tests.evidence_date,
        tests.stated_date,
        case when repeated_tests.person_key is not null then 'probable' else 'possible' end as certainty,
        cast(null as date) as closed_date
    from tests
    left join repeated_tests
        on
            tests.person_key = repeated_tests.person_key
            and tests.problem_id = repeated_tests.problem_id
            and tests.evidence_code = repeated_tests.evidence_code
            and tests.evidence_date = repeated_tests.evidence_date
),

qualified_codes as (
    select
        person_key,
        basis,
        problem_id,
        evidence_kind,
        evidence_date,
        stated_date,
        case strength when 'case' then 'confirmed' else 'possible' end as certainty,
        closed_date
    from evidence
    where evidence_kind in ('code', 'long_term_illness', 'stay')
),

qualified as (
    select * from qualified_codes
    union all
    select * from qualified_drugs
    union all
    select * from qualified_tests
),

-- The last day up to which a piece of evidence speaks: an old onset stated today is evidence of today.
spaced as (
    select
        qualified.*,
        problems.problem_kind,
        problems.episode_days,
        problems.active_months,
        max(qualified.stated_date) over (
            partition by qualified.person_key, qualified.problem_id
            order by
                qualified.evidence_date nulls first, qualified.stated_date nulls first, qualified.basis nulls first,
                qualified.evidence_kind nulls first, qualified.certainty nulls first
            rows between unbounded preceding and 1 preceding
        ) as seen_until
    from qualified
    inner join problems
        on qualified.problem_id = problems.problem_id
),

marked as (
    select
        spaced.*,
        case
            when seen_until is null then 1
            when episode_days is not null and {{ days_between('seen_until', 'evidence_date') }} > episode_days then 1
            when active_months is not null and {{ add_months('seen_until', 'active_months') }} <= evidence_date then 1
            else 0
        end as is_start
    from spaced
),

numbered as (
    select
        marked.*,
        sum(is_start) over (
            partition by person_key, problem_id
            order by
                evidence_date nulls first, stated_date nulls first, basis nulls first, evidence_kind nulls first,
                certainty nulls first
            rows between unbounded preceding and current row
        ) as episode_number
    from marked
),

episodes as (
    select
        person_key,
        problem_id,
        episode_number,
        problem_kind,
        active_months,
        episode_days,
        min(case when certainty <> 'possible' then evidence_date end) as sure_onset_date,
        min(evidence_date) as first_date,
        max(stated_date) as last_evidence_date,
        max(case when closed_date is null then stated_date end) as last_open_date,
        max(closed_date) as last_closed_date,
        {% for basis in ['record', 'claims'] -%}
            min(case when basis = '{{ basis }}' and certainty <> 'possible' then evidence_date end)
                as {{ basis }}_sure_date,
            min(case when basis = '{{ basis }}' then evidence_date end) as {{ basis }}_first_date,
            max(
                case
                    when basis = '{{ basis }}'
                        then case certainty when 'confirmed' then 3 when 'probable' then 2 else 1 end
                end
            ) as {{ basis }}_rank,
        {% endfor -%}
        max(case certainty when 'confirmed' then 3 when 'probable' then 2 else 1 end) as certainty_rank,
        {% for kind in ['code', 'drug', 'test', 'long_term_illness', 'stay'] -%}
            max(case when evidence_kind = '{{ kind }}' then 1 else 0 end) = 1 as has_{{ kind }},
        {% endfor -%}
        cast(count(*) as bigint) as evidence_count
    from numbered
    group by person_key, problem_id, episode_number, problem_kind, active_months, episode_days
)

select
    person_key,
    problem_id,
    cast(episode_number as integer) as episode_number,
    problem_kind,
    coalesce(sure_onset_date, first_date) as onset_date,
    last_evidence_date,
    case
        -- closed by the practice, and nothing spoke of it since
        when last_closed_date is not null and (last_open_date is null or last_closed_date > last_open_date)
            then last_closed_date
        when episode_days is not null then {{ add_days('last_evidence_date', 'episode_days') }}
        when active_months is not null then {{ add_months('last_evidence_date', 'active_months') }}
    end as end_date,
    {% for name in ['certainty', 'record', 'claims'] -%}
        case {{ name }}_rank when 3 then 'confirmed' when 2 then 'probable' when 1 then 'possible' end
            as {{ name if name == 'certainty' else name ~ '_certainty' }},
    {% endfor -%}
    coalesce(record_sure_date, record_first_date) as record_onset_date,
    coalesce(claims_sure_date, claims_first_date) as claims_onset_date,
    evidence_count,
    has_code,
    has_drug,
    has_test,
    has_long_term_illness,
    has_stay
from episodes
