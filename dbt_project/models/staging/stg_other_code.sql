-- Records for which no mart has a table (allergies, care plans, devices, claims of another country…),
-- with every code they carry: none is lost, all are counted as unmapped.
with fhir_records as (
    select
        record.practice_pseudo,
        record.patient_pseudo,
        record.delivery_id,
        lower(record.resource_type) as entity,
        record.resource_id as record_id,
        coding.code_system,
        coding.code
    from {{ source('fhirmed', 'other_resource') }} as record
    left join {{ ref('stg_fhirmed__coding') }} as coding
        on
            record.delivery_id = coding.delivery_id
            and record.practice_pseudo = coding.practice_pseudo
            and lower(record.resource_type) = coding.resource_type
            and record.resource_id = coding.resource_id
),

synthea_records as (
    {% set with_encounter = "encounter_id || '|' || code || '|' || " -%}
    {% set coded = [
        ('allergy', with_encounter ~ 'cast(start_date as string)'),
        ('careplan', 'careplan_id'),
        ('device', with_encounter ~ 'cast(start_at as string)'),
        ('supply', with_encounter ~ 'cast(given_date as string)'),
        ('imaging_study', 'imaging_study_id'),
    ] -%}
    {% for table, record_id in coded %}
        select
            practice_pseudo,
            patient_pseudo,
            delivery_id,
            '{{ table }}' as entity,
            {{ record_id }} as record_id,
            'SNOMED' as code_system,
            code
        from {{ source('synthea', table) }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

records as (
    select
        'fhirmed' as source,
        *
    from fhir_records
    union all
    select
        'synthea' as source,
        *
    from synthea_records
)

select distinct
    records.source,
    records.entity,
    records.practice_pseudo,
    records.patient_pseudo,
    records.record_id,
    coalesce(records.code_system, 'none') as code_system,
    coalesce(records.code, '') as code
from records
inner join {{ ref('stg_delivery') }} as delivery
    on records.delivery_id = delivery.delivery_id
where delivery.is_current
