-- One line per condition and coding; conditions entered in error or refuted are left out.
select
    {{ version_columns('fhirmed', "'condition:' || condition.resource_id", alias='condition') }},
    cast(coalesce(coding.coding_index, 0) + 1 as integer) as coding_rank,
    'encounter:' || condition.encounter_id as encounter_record_id,
    coalesce({{ fhir_date('condition.recorded_date') }}, {{ fhir_date('condition.onset_date') }}) as condition_date,
    coding.code as condition_code,
    coalesce(coding.code_system, 'unknown') as condition_system,
    {{ fhir_date('condition.onset_date') }} as start_date,
    {{ fhir_date('condition.abatement_date') }} as end_date,
    case
        when lower(condition.clinical_status) in ('active', 'recurrence', 'relapse') then true
        when lower(condition.clinical_status) in ('inactive', 'remission', 'resolved') then false
    end as is_active
from {{ source('fhirmed', 'condition') }} as condition
left join {{ ref('stg_fhirmed__coding') }} as coding
    on
        condition.delivery_id = coding.delivery_id
        and condition.practice_pseudo = coding.practice_pseudo
        and condition.resource_id = coding.resource_id
        and coding.resource_type = 'condition'
        and coding.element = 'code'
where
    condition.verification_status is null
    or lower(condition.verification_status) not in ('entered-in-error', 'refuted')
