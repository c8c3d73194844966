-- Laboratory results and vital signs. A unit typed into the value counts as sent with it; a blood
-- pressure typed as one text ("13/8") gives a systolic and a diastolic line. A local label that
-- nobody has reviewed yet counts as the LOINC code found for it at the practice.
with reviewed_labels as (
    select code
    from {{ ref('measure_code') }}
    where code_system = 'medirel:code_analyse'
),

results as (
    select
        result.practice_pseudo,
        result.patient_pseudo,
        'resultat:' || result.num_resultat as record_id,
        1 as record_line,
        result.delivery_id,
        result.delivery_sequence,
        result.delivery_row,
        cast(null as string) as encounter_record_id,
        result.date_resultat as measured_on,
        case
            when reviewed.code is null and result.analyse_code is not null then result.analyse_code
            else nullif(trim(result.code_analyse), '')
        end as measurement_code,
        case
            when regexp_matches(trim(result.code_analyse), '^[0-9]{1,7}-[0-9]$') then 'LOINC'
            when reviewed.code is null and result.analyse_code is not null then 'LOINC'
            else 'medirel:code_analyse'
        end as measurement_system,
        result.valeur as raw_value,
        result.unite,
        result.valeur as value_part
    from {{ source('medirel', 'resultat') }} as result
    left join reviewed_labels as reviewed
        on regexp_replace(upper(trim(result.code_analyse)), '^[A-Z0-9]+-', '') = reviewed.code
),

signs as (
    select
        practice_pseudo,
        patient_pseudo,
        'constante:' || num_constante as record_id,
        delivery_id,
        delivery_sequence,
        delivery_row,
        'consultation:' || num_consultation as encounter_record_id,
        date_constante as measured_on,
        upper(trim(type_constante)) as sign_type,
        valeur as raw_value,
        unite
    from {{ source('medirel', 'constante') }}
),

single_signs as (
    select
        practice_pseudo,
        patient_pseudo,
        record_id,
        1 as record_line,
        delivery_id,
        delivery_sequence,
        delivery_row,
        encounter_record_id,
        measured_on,
        sign_type as measurement_code,
        'medirel:type_constante' as measurement_system,
        raw_value,
        unite,
        raw_value as value_part
    from signs
    where sign_type is distinct from 'TA'
),

systolic_signs as (
    select
        practice_pseudo,
        patient_pseudo,
        record_id,
        1 as record_line,
        delivery_id,
        delivery_sequence,
        delivery_row,
        encounter_record_id,
        measured_on,
        'TA_SYSTOLIQUE' as measurement_code,
        'medirel:type_constante' as measurement_system,
        raw_value,
        unite,
        split_part(raw_value, '/', 1) as value_part
    from signs
    where sign_type = 'TA'
),

diastolic_signs as (
    select
        practice_pseudo,
        patient_pseudo,
        record_id,
        2 as record_line,
        delivery_id,
        delivery_sequence,
        delivery_row,
        encounter_record_id,
        measured_on,
        'TA_DIASTOLIQUE' as measurement_code,
        'medirel:type_constante' as measurement_system,
        raw_value,
        unite,
        split_part(raw_value, '/', 2) as value_part
    from signs
    where sign_type = 'TA'
),

lines as (
    select * from results
    union all
    select * from single_signs
    union all
    select * from systolic_signs
    union all
    select * from diastolic_signs
)

select
    {{ version_columns('medirel', 'record_id', line='record_line') }},
    cast(1 as integer) as coding_rank,
    encounter_record_id,
    {{ french_date('measured_on') }} as measurement_date,
    measurement_code,
    measurement_system,
    raw_value,
    coalesce(nullif(trim(unite), ''), {{ trailing_unit('value_part') }}) as raw_unit,
    {{ leading_number('value_part') }} as value_number,
    {{ leading_comparator('value_part') }} as value_comparator,
    case when {{ leading_number('value_part') }} is null then lower(nullif(trim(value_part), '')) end as value_text
from lines
