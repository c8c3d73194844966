select
    unit.unit_key,
    doctor.start_date as valid_from,
    coalesce(doctor.end_date, {{ open_end() }}) as valid_to,
    doctor.start_date as evidence_date,
    'snds' as evidence_source
from {{ ref('fct_treating_doctor') }} as doctor
inner join {{ ref('int_indicators__unit') }} as unit on doctor.person_key = unit.person_key
where unit.basis = 'linked' and doctor.start_date is not null
union all
select distinct
    unit.unit_key,
    coalesce(registration.start_date, cast('1900-01-01' as date)) as valid_from,
    coalesce(registration.end_date, {{ open_end() }}) as valid_to,
    registration.start_date as evidence_date,
    'ehr' as evidence_source
from {{ ref('fct_registration') }} as registration
inner join {{ ref('int_indicators__unit') }} as unit
    on
        registration.person_key = unit.person_key
        and (unit.basis = 'linked' or registration.practice_key = unit.practice_key)
where
    registration.is_declared
    -- The register of the claims is the truth for whom it can be read.
    and not (unit.basis = 'linked' and unit.is_linked_snds)
