-- Whose records came in which delivery: what the due patients of a run are found from.
{%- set records = {
    'medirel': {
        'patient': "'patient:' || patient_pseudo",
        'consultation': "'consultation:' || num_consultation",
        'diagnostic': "'diagnostic:' || num_diagnostic",
        'prescription': "'prescription:' || num_prescription",
        'resultat': "'resultat:' || num_resultat",
        'constante': "'constante:' || num_constante",
        'vaccination': "'vaccination:' || num_vaccination",
        'acte': "'acte:' || num_acte",
    },
    'dosmed': {
        'dossier': "'dossier:' || patient_pseudo",
        'evenement': "'evenement:' || evenement_id",
        'element': "'element:' || element_id",
    },
    'fhirmed': {
        'patient': "'patient:' || patient_pseudo",
        'encounter': "'encounter:' || resource_id",
        'condition': "'condition:' || resource_id",
        'observation': "'observation:' || resource_id",
        'medication_request': "'medicationrequest:' || resource_id",
        'immunization': "'immunization:' || resource_id",
        'procedure': "'procedure:' || resource_id",
    },
    'synthea': {
        'patient': "'patient:' || patient_pseudo",
        'encounter': "'encounter:' || encounter_id",
        'condition': "'condition:' || encounter_id || '|' || code || '|' || cast(start_date as string)",
        'medication': "'medication:' || encounter_id || '|' || code || '|' || " ~ utc_minute('start_at'),
        'observation': "'observation:' || patient_pseudo || '|' || code || '|' || " ~ utc_minute('observed_at'),
        'immunization': "'immunization:' || encounter_id || '|' || code || '|' || " ~ utc_minute('given_at'),
        'procedure': "'procedure:' || encounter_id || '|' || code || '|' || " ~ utc_minute('start_at'),
    },
} %}
{%- for vendor, tables in records.items() %}
    {%- for table, record in tables.items() %}
        select
            '{{ vendor }}' as source,
            practice_pseudo,
            patient_pseudo,
            {{ record }} as record_id,
            delivery_id
        from {{ source(vendor, table) }}
        union all
    {%- endfor %}
{%- endfor %}
{%- for table in ['IR_BEN_R', 'IR_IMB_R', 'IR_MTT_R', 'APPARIEMENT', 'ER_PRS_F'] %}
    select
        'snds' as source,
        beneficiary.practice_pseudo,
        {{ beneficiary_pseudo('beneficiary') }} as patient_pseudo,
        cast(null as string) as record_id,
        beneficiary.delivery_id
    from {{ source('snds', table) }} as beneficiary
    union all
{%- endfor %}
{%- for table, number in {
    'T_MCOaaC': 'nir_ano_17', 'T_MCOaaCSTC': 'nir_ano_17', 'IR_ESM_R': 'ben_nir_psa',
    'IR_VAC_F': 'ben_nir_psa',
}.items() %}
    select
        'snds' as source,
        stay.practice_pseudo,
        {{ beneficiary_pseudo('ranks') }} as patient_pseudo,
        cast(null as string) as record_id,
        stay.delivery_id
    from {{ source('snds', table) }} as stay
    inner join {{ ref('stg_snds__beneficiary_rank') }} as ranks
        on stay.{{ number }} = ranks.ben_nir_psa
    {{ 'union all' if not loop.last }}
{%- endfor %}
union all
select
    source,
    practice_pseudo,
    patient_pseudo,
    cast(null as string) as record_id,
    delivery_id
from {{ ref('stg_snds__death_record') }}
