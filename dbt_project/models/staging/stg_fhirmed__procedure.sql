select
    {{ version_columns('fhirmed', "'procedure:' || act.resource_id", alias='act') }},
    cast(coalesce(coding.coding_index, 0) + 1 as integer) as coding_rank,
    cast(null as string) as practitioner_pseudo,
    {{ fhir_date('act.performed_date') }} as procedure_date,
    coding.code as procedure_code,
    coalesce(coding.code_system, 'unknown') as procedure_system,
    cast(1 as bigint) as quantity,
    'ehr' as setting
from {{ source('fhirmed', 'procedure') }} as act
left join {{ ref('stg_fhirmed__coding') }} as coding
    on
        act.delivery_id = coding.delivery_id
        and act.practice_pseudo = coding.practice_pseudo
        and act.resource_id = coding.resource_id
        and coding.resource_type = 'procedure'
        and coding.element = 'code'
where act.status is null or lower(act.status) not in ('entered-in-error', 'not-done', 'preparation')
