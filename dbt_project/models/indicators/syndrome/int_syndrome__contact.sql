-- A rule has one or several elements; it holds for a contact where each element is met by some code of that contact.
with run as (
    select as_of_date from {{ ref('stg_run') }}
),

coded as (
    select
        condition.person_key,
        condition.practice_key,
        condition.condition_date,
        coalesce(condition.encounter_key, cast(-1 as bigint)) as encounter_key,
        condition.condition_system,
        condition.condition_code
    from {{ ref('fct_condition') }} as condition
    inner join run on condition.condition_date <= run.as_of_date
    where condition.practice_key is not null and condition.person_key is not null
),

seen_code as (
    select distinct condition_system, condition_code from coded
    where condition_code is not null
),

rule_code as (
    select distinct
        syndrome_rule.syndrome_id,
        syndrome_rule.rule_number,
        syndrome_rule.element_number,
        syndrome_rule.age_below_months,
        seen_code.condition_system,
        seen_code.condition_code
    from seen_code
    inner join {{ ref('syndrome_rule') }} as syndrome_rule
        on
            seen_code.condition_system = syndrome_rule.code_system
            and (
                (syndrome_rule.match_type = 'exact' and seen_code.condition_code = syndrome_rule.code)
                or (syndrome_rule.match_type = 'prefix' and starts_with(seen_code.condition_code, syndrome_rule.code))
            )
),

rule_size as (
    select syndrome_id, rule_number, cast(count(distinct element_number) as bigint) as element_count
    from {{ ref('syndrome_rule') }}
    group by syndrome_id, rule_number
),

matched as (
    select
        coded.person_key,
        coded.practice_key,
        coded.condition_date,
        coded.encounter_key,
        rule_code.syndrome_id,
        rule_code.rule_number,
        cast(count(distinct rule_code.element_number) as bigint) as element_count
    from coded
    inner join rule_code
        on
            coded.condition_system = rule_code.condition_system
            and coded.condition_code = rule_code.condition_code
    left join {{ ref('dim_patient') }} as patient on coded.person_key = patient.person_key
    where
        rule_code.age_below_months is null
        or (
            (extract(year from coded.condition_date) - patient.birth_year) * 12
            + extract(month from coded.condition_date) - patient.birth_month
        ) < rule_code.age_below_months
    group by
        coded.person_key, coded.practice_key, coded.condition_date, coded.encounter_key, rule_code.syndrome_id,
        rule_code.rule_number
)

select distinct
    matched.syndrome_id,
    matched.person_key,
    matched.practice_key,
    matched.condition_date as contact_date
from matched
inner join rule_size
    on
        matched.syndrome_id = rule_size.syndrome_id
        and matched.rule_number = rule_size.rule_number
        and matched.element_count = rule_size.element_count
