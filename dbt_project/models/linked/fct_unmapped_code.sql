-- Codes that no rule of the linked layer reads, counted: nothing is lost in silence.
{% set readable_code = "regexp_matches(condition_code, '^[A-Z][0-9]{2}')" %}
with occurrences as (
    select source, 'condition' as entity, condition_system as code_system, condition_code as code, person_key
    from {{ ref('fct_condition') }}
    where
        condition_system not in ('CISP-2', 'CIM-10')
        or not coalesce({{ readable_code }}, false)
    union all
    select source, 'prescription' as entity, prescription_system as code_system, prescription_code as code, person_key
    from {{ ref('fct_prescription') }}
    where atc_code is null
    union all
    select source, 'dispensing' as entity, dispensing_system as code_system, dispensing_code as code, person_key
    from {{ ref('fct_dispensing') }}
    where atc_code is null
    union all
    select source, 'measurement' as entity, measurement_system as code_system, measurement_code as code, person_key
    from {{ ref('int_linked__measurement') }}
    where measure is null
    union all
    select source, 'procedure' as entity, procedure_system as code_system, procedure_code as code, person_key
    from {{ ref('fct_procedure') }}
    where
        procedure_system not in ('CCAM', 'NABM', 'PRS_NAT_REF')
        or procedure_code is null
    union all
    select source, 'vaccination' as entity, vaccination_system as code_system, vaccination_code as code, person_key
    from {{ ref('fct_vaccination') }}
    where antigen is null
    union all
    select source, 'encounter' as entity, encounter_system as code_system, encounter_code as code, person_key
    from {{ ref('fct_encounter') }}
    where encounter_type = 'unknown'
    union all
    select other.source, other.entity, other.code_system, other.code, link.person_key
    from {{ ref('stg_other_code') }} as other
    left join {{ ref('fct_patient_link') }} as link
        on
            other.source = link.source
            and other.patient_pseudo = link.patient_pseudo
)

select
    source,
    entity,
    coalesce(code_system, 'unknown') as code_system,
    coalesce(code, '') as code,
    cast(count(*) as bigint) as occurrence_count,
    cast(count(distinct person_key) as bigint) as patient_count
from occurrences
group by source, entity, coalesce(code_system, 'unknown'), coalesce(code, '')
