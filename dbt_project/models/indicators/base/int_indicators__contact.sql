with contact as (
    select distinct
        fct_encounter.person_key,
        fct_encounter.practice_key,
        fct_encounter.encounter_date as contact_date,
        coalesce(fct_encounter.is_gp, false) as is_gp,
        case when fct_encounter.source = 'snds' then 'snds' else 'ehr' end as evidence_source
    from {{ ref('fct_encounter') }} as fct_encounter
    where
        fct_encounter.is_clinical_contact
        and fct_encounter.person_key is not null
        and {{ is_in_work('fct_encounter.person_key') }}
)

select unit.unit_key, contact.contact_date, contact.is_gp, contact.evidence_source
from contact
inner join {{ ref('int_indicators__unit') }} as unit
    on contact.person_key = unit.person_key and contact.practice_key = unit.practice_key
where unit.basis = 'record'
union all
select distinct
    cast(-person_key as bigint) as unit_key,
    contact_date,
    is_gp,
    evidence_source
from contact
