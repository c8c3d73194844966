with fact as (
    select
        person_key, practice_key, source, 'condition' as entity, condition_system as code_system,
        condition_code as code, coalesce(start_date, condition_date) as event_date,
        cast(null as string) as diagnosis_role
    from {{ ref('fct_condition') }}
    where {{ is_in_work('person_key') }}
    union all
    select
        person_key, practice_key, source, 'procedure' as entity, procedure_system as code_system,
        procedure_code as code, procedure_date as event_date,
        cast(null as string) as diagnosis_role
    from {{ ref('fct_procedure') }}
    where {{ is_in_work('person_key') }}
    union all
    select
        person_key, practice_key, source, 'prescription' as entity, 'ATC' as code_system,
        atc_code as code, prescription_date as event_date,
        cast(null as string) as diagnosis_role
    from {{ ref('fct_prescription') }}
    where {{ is_in_work('person_key') }}
    union all
    select
        person_key, practice_key, source, 'dispensing' as entity, 'ATC' as code_system,
        atc_code as code, dispensing_date as event_date,
        cast(null as string) as diagnosis_role
    from {{ ref('fct_dispensing') }}
    where {{ is_in_work('person_key') }}
    union all
    select
        person_key, practice_key, source, 'vaccination' as entity, 'ATC' as code_system,
        atc_code as code, vaccination_date as event_date,
        cast(null as string) as diagnosis_role
    from {{ ref('fct_vaccination') }}
    where {{ is_in_work('person_key') }}
    union all
    select
        person_key, practice_key, source, 'vaccination' as entity, 'ANTIGEN' as code_system,
        antigen as code, vaccination_date as event_date,
        cast(null as string) as diagnosis_role
    from {{ ref('fct_vaccination') }}
    where {{ is_in_work('person_key') }}
    union all
    select
        person_key, cast(null as bigint) as practice_key, source, 'long_term_illness' as entity,
        long_term_illness_system as code_system, long_term_illness_code as code,
        coalesce(start_date, long_term_illness_date) as event_date,
        cast(null as string) as diagnosis_role
    from {{ ref('fct_long_term_illness') }}
    where {{ is_in_work('person_key') }}
    union all
    select
        person_key, cast(null as bigint) as practice_key, source, 'hospital_diagnosis' as entity,
        diagnosis_system as code_system, diagnosis_code as code, diagnosis_date as event_date,
        diagnosis_role
    from {{ ref('fct_hospital_diagnosis') }}
    where {{ is_in_work('person_key') }}
),

-- Codes are few and facts many: the lists are matched once per code.
seen_code as (
    select distinct code_system, code from fact
    where code is not null
),

code_list as (
    select list_name, code_system, code, match_type, role, stay_diagnosis, valid_from, valid_to
    from {{ ref('code_list') }}
    union all
    select list_name, code_system, code, match_type, role, stay_diagnosis, valid_from, valid_to
    from {{ ref('indicator_code_list') }}
),

listed_code as (
    select distinct
        seen_code.code_system,
        seen_code.code,
        code_list.list_name,
        code_list.role,
        code_list.stay_diagnosis,
        coalesce(cast(code_list.valid_from as date), cast('1900-01-01' as date)) as valid_from,
        coalesce(cast(code_list.valid_to as date), {{ open_end() }}) as valid_to
    from seen_code
    inner join code_list
        on
            seen_code.code_system = code_list.code_system
            and (
                (code_list.match_type = 'exact' and seen_code.code = code_list.code)
                or (code_list.match_type = 'prefix' and starts_with(seen_code.code, code_list.code))
            )
),

listed as (
    select distinct
        fact.person_key,
        fact.practice_key,
        listed_code.list_name,
        listed_code.role,
        fact.entity,
        fact.event_date,
        case when fact.source = 'snds' then 'snds' else 'ehr' end as evidence_source
    from fact
    inner join listed_code
        on
            fact.code_system = listed_code.code_system
            and fact.code = listed_code.code
            and fact.event_date >= listed_code.valid_from
            and fact.event_date < listed_code.valid_to
            -- Beside the reason of a stay, some codes prove nothing.
            and (listed_code.stay_diagnosis is null or fact.diagnosis_role is null or fact.diagnosis_role <> 'associated')
    where fact.person_key is not null
)

select unit.unit_key, listed.list_name, listed.role, listed.entity, listed.event_date, listed.evidence_source
from listed
inner join {{ ref('int_indicators__unit') }} as unit
    on listed.person_key = unit.person_key and listed.practice_key = unit.practice_key
where unit.basis = 'record'
union all
select distinct
    cast(-person_key as bigint) as unit_key,
    list_name,
    role,
    entity,
    event_date,
    evidence_source
from listed
