with patient as (
    select
        person_key,
        sex,
        death_date,
        is_linked_snds,
        case
            when birth_year is not null and birth_month between 1 and 12
                then make_date(birth_year, birth_month, 1)
        end as birth_month_date
    from {{ ref('dim_patient') }}
    where {{ is_in_work('person_key') }}
),

pair as (
    select distinct person_key, practice_key
    from {{ ref('fct_registration') }}
    where
        practice_key is not null
        and {{ is_in_work('person_key') }}
),

record_unit as (
    select
        {{ surrogate_key(['pair.person_key', 'pair.practice_key']) }} as unit_key,
        'record' as basis,
        pair.person_key,
        pair.practice_key,
        patient.birth_month_date,
        patient.sex,
        patient.death_date,
        patient.is_linked_snds
    from pair
    inner join patient on pair.person_key = patient.person_key
),

linked_unit as (
    select
        -person_key as unit_key,
        'linked' as basis,
        person_key,
        cast(null as bigint) as practice_key,
        birth_month_date,
        sex,
        death_date,
        is_linked_snds
    from patient
)

select
    cast(unit_key as bigint) as unit_key,
    basis,
    person_key,
    practice_key,
    birth_month_date,
    sex,
    coalesce(death_date, {{ open_end() }}) as life_end_date,
    coalesce(is_linked_snds, false) as is_linked_snds
from record_unit
union all
select
    cast(unit_key as bigint) as unit_key,
    basis,
    person_key,
    practice_key,
    birth_month_date,
    sex,
    coalesce(death_date, {{ open_end() }}) as life_end_date,
    coalesce(is_linked_snds, false) as is_linked_snds
from linked_unit
