-- Visits to ophthalmologists and dentists, known to the claims by the speciality that was paid.
with visit as (
    select distinct
        encounter.person_key,
        encounter.practice_key,
        case when encounter.specialty_code = 15 then 'ophthalmologist' else 'dentist' end as specialist,
        encounter.encounter_date as contact_date,
        case when encounter.source = 'snds' then 'snds' else 'ehr' end as evidence_source
    from {{ ref('fct_encounter') }} as encounter
    where
        encounter.specialty_code in (15, 18, 19, 36, 53, 54)
        and encounter.person_key is not null
        and {{ is_in_work('encounter.person_key') }}
)

select unit.unit_key, visit.specialist, visit.contact_date, visit.evidence_source
from visit
inner join {{ ref('int_indicators__unit') }} as unit
    on visit.person_key = unit.person_key and visit.practice_key = unit.practice_key
where unit.basis = 'record'
union all
select distinct cast(-person_key as bigint) as unit_key, specialist, contact_date, evidence_source
from visit
