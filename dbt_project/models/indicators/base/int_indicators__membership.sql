with registration as (
    select
        person_key,
        practice_key,
        coalesce(is_declared, false) as is_declared,
        coalesce(start_date, cast('1900-01-01' as date)) as start_date,
        coalesce(end_date, {{ open_end() }}) as end_date
    from {{ ref('fct_registration') }}
    where
        practice_key is not null
        and {{ is_in_work('person_key') }}
),

chart as (
    select person_key, practice_key, max(end_date) as end_date
    from registration
    group by person_key, practice_key
),

record_unit as (
    select
        unit.unit_key,
        unit.person_key,
        unit.practice_key,
        unit.is_linked_snds,
        least(unit.life_end_date, chart.end_date) as end_date
    from {{ ref('int_indicators__unit') }} as unit
    inner join chart on unit.person_key = chart.person_key and unit.practice_key = chart.practice_key
    where unit.basis = 'record'
),

contact as (
    select
        record_unit.person_key,
        record_unit.practice_key,
        record_unit.end_date,
        contact.contact_date
    from record_unit
    inner join {{ ref('int_indicators__contact') }} as contact on record_unit.unit_key = contact.unit_key
),

declared_in_record as (
    select
        registration.person_key,
        registration.practice_key,
        registration.start_date as valid_from,
        least(registration.end_date, record_unit.end_date) as valid_to,
        record_unit.is_linked_snds
    from registration
    inner join record_unit
        on
            registration.person_key = record_unit.person_key
            and registration.practice_key = record_unit.practice_key
    where registration.is_declared
),

declared_in_claims as (
    select
        treating_doctor.person_key,
        practitioner.practice_key,
        treating_doctor.start_date as valid_from,
        least(coalesce(treating_doctor.end_date, {{ open_end() }}), record_unit.end_date) as valid_to
    from {{ ref('fct_treating_doctor') }} as treating_doctor
    inner join {{ ref('dim_practitioner') }} as practitioner
        on treating_doctor.practitioner_key = practitioner.practitioner_key
    inner join record_unit
        on
            treating_doctor.person_key = record_unit.person_key
            and practitioner.practice_key = record_unit.practice_key
),

span as (
    select
        'both' as basis, 'active' as population_basis, person_key, practice_key, contact_date as valid_from,
        least({{ window_end('contact_date', 24) }}, end_date) as valid_to
    from contact
    union all
    select
        'both' as basis, 'panel' as population_basis, person_key, practice_key, contact_date as valid_from,
        least({{ window_end('contact_date', 36) }}, end_date) as valid_to
    from contact
    union all
    select
        'both' as basis, 'panel' as population_basis, person_key, practice_key, valid_from, valid_to
    from declared_in_record
    union all
    select
        'both' as basis, 'panel' as population_basis, person_key, practice_key, valid_from, valid_to
    from declared_in_claims
    union all
    select
        'record' as basis, 'declared' as population_basis, person_key, practice_key, valid_from, valid_to
    from declared_in_record
    union all
    -- The claims' own register of treating doctors is the truth for whom it can be read.
    select
        'linked' as basis, 'declared' as population_basis, person_key, practice_key, valid_from, valid_to
    from declared_in_record
    where not is_linked_snds
    union all
    select
        'linked' as basis, 'declared' as population_basis, person_key, practice_key, valid_from, valid_to
    from declared_in_claims
)

{{ merged_intervals('span', ['basis', 'population_basis', 'person_key', 'practice_key']) }}
union all
select
    'both' as basis,
    'resident' as population_basis,
    person_key,
    practice_key,
    coalesce(birth_month_date, cast('1900-01-01' as date)) as valid_from,
    life_end_date as valid_to
from {{ ref('int_indicators__unit') }}
where basis = 'linked'
