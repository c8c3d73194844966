-- Observations and their components (a blood pressure is a panel of two), one line per coding.
-- A coded answer (smoking status, positive test) is the value where no number or text is given.
with observations as (
    select
        practice_pseudo,
        patient_pseudo,
        resource_id,
        delivery_id,
        delivery_sequence,
        delivery_row,
        encounter_id,
        effective_date,
        value_number,
        value_text,
        value_comparator,
        value_unit
    from {{ source('fhirmed', 'observation') }}
    where status is null or lower(status) not in ('entered-in-error', 'cancelled')
),

codings as (
    select
        practice_pseudo,
        delivery_id,
        resource_id,
        element,
        coding_index,
        code_system,
        code
    from {{ ref('stg_fhirmed__coding') }}
    where resource_type = 'observation'
),

coded_answers as (
    select
        practice_pseudo,
        delivery_id,
        resource_id,
        min(lower(code_system) || ':' || code) as answer
    from codings
    where element = 'value'
    group by practice_pseudo, delivery_id, resource_id
),

panels as (
    select distinct
        practice_pseudo,
        delivery_id,
        resource_id
    from {{ source('fhirmed', 'observation_component') }}
),

plain_lines as (
    select
        observation.practice_pseudo,
        observation.patient_pseudo,
        observation.resource_id,
        1 as record_line,
        observation.delivery_id,
        observation.delivery_sequence,
        observation.delivery_row,
        observation.encounter_id,
        observation.effective_date,
        coalesce(coding.coding_index, 0) + 1 as coding_rank,
        coding.code_system,
        coding.code,
        observation.value_number,
        observation.value_comparator,
        coalesce(observation.value_text, answer.answer) as value_text,
        observation.value_unit
    from observations as observation
    left join codings as coding
        on
            observation.practice_pseudo = coding.practice_pseudo
            and observation.delivery_id = coding.delivery_id
            and observation.resource_id = coding.resource_id
            and coding.element = 'code'
    left join coded_answers as answer
        on
            observation.practice_pseudo = answer.practice_pseudo
            and observation.delivery_id = answer.delivery_id
            and observation.resource_id = answer.resource_id
    left join panels as panel
        on
            observation.practice_pseudo = panel.practice_pseudo
            and observation.delivery_id = panel.delivery_id
            and observation.resource_id = panel.resource_id
    where
        panel.resource_id is null
        or observation.value_number is not null
),

component_lines as (
    select
        observation.practice_pseudo,
        observation.patient_pseudo,
        observation.resource_id,
        component.component_index + 2 as record_line,
        observation.delivery_id,
        observation.delivery_sequence,
        observation.delivery_row,
        observation.encounter_id,
        observation.effective_date,
        1 as coding_rank,
        coalesce(known.code_system, component.code_system) as code_system,
        component.code,
        component.value_number,
        cast(null as string) as value_comparator,
        cast(null as string) as value_text,
        component.value_unit
    from observations as observation
    inner join {{ source('fhirmed', 'observation_component') }} as component
        on
            observation.practice_pseudo = component.practice_pseudo
            and observation.delivery_id = component.delivery_id
            and observation.resource_id = component.resource_id
    left join {{ ref('code_system_map') }} as known
        on component.code_system = known.system_as_sent
),

lines as (
    select * from plain_lines
    union all
    select * from component_lines
)

select
    {{ version_columns('fhirmed', "'observation:' || resource_id", line='record_line') }},
    cast(coding_rank as integer) as coding_rank,
    'encounter:' || encounter_id as encounter_record_id,
    {{ fhir_date('effective_date') }} as measurement_date,
    code as measurement_code,
    coalesce(code_system, 'unknown') as measurement_system,
    coalesce(value_comparator, '') || coalesce({{ number_text('value_number') }}, value_text) as raw_value,
    nullif(trim(value_unit), '') as raw_unit,
    coalesce(value_number, {{ leading_number('value_text') }}) as value_number,
    coalesce(value_comparator, {{ leading_comparator('value_text') }}) as value_comparator,
    case
        when value_number is null and {{ leading_number('value_text') }} is null
            then lower(nullif(trim(value_text), ''))
    end as value_text
from lines
