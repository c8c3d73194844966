-- Results, vital signs and habits. A blood pressure is one element with two values: two lines.
-- A local label that nobody has reviewed yet counts as the LOINC code found for it at the practice.
with reviewed_labels as (
    select code
    from {{ ref('measure_code') }}
    where code_system = 'dosmed:local'
),

labelled as (
    select
        *,
        upper(coalesce(nullif(trim(code), ''), nullif(trim(libelle_local), ''))) as label
    from {{ ref('stg_dosmed__element') }}
    where rubrique in ('BIOLOGIE', 'CONSTANTE', 'HABITUS')
),

elements as (
    select
        element.practice_pseudo,
        element.patient_pseudo,
        element.element_id,
        element.delivery_id,
        element.delivery_sequence,
        element.delivery_row,
        element.evenement_id,
        element.date_element,
        case
            when reviewed.code is null and element.text_system = 'LOINC' then element.text_code
            else element.label
        end as measurement_code,
        case
            when upper(element.systeme) = 'LOINC' then 'LOINC'
            when reviewed.code is null and element.text_system = 'LOINC' then 'LOINC'
            else 'dosmed:local'
        end as measurement_system,
        element.valeur,
        element.unite,
        element.valeur_systolique,
        element.unite_systolique,
        element.valeur_diastolique,
        element.unite_diastolique
    from labelled as element
    left join reviewed_labels as reviewed
        on regexp_replace(element.label, '^[A-Z0-9]+-', '') = reviewed.code
),

lines as (
    select
        *,
        1 as record_line,
        'dosmed:local' as line_system,
        'TA_SYSTOLIQUE' as line_code,
        valeur_systolique as value_part,
        coalesce(unite_systolique, unite) as unit_part
    from elements
    where valeur_systolique is not null
    union all
    select
        *,
        2 as record_line,
        'dosmed:local' as line_system,
        'TA_DIASTOLIQUE' as line_code,
        valeur_diastolique as value_part,
        coalesce(unite_diastolique, unite) as unit_part
    from elements
    where valeur_diastolique is not null
    union all
    select
        *,
        1 as record_line,
        measurement_system as line_system,
        measurement_code as line_code,
        valeur as value_part,
        unite as unit_part
    from elements
    where
        valeur_systolique is null
        and valeur_diastolique is null
)

select
    {{ version_columns('dosmed', "'element:' || element_id", line='record_line') }},
    cast(1 as integer) as coding_rank,
    'evenement:' || evenement_id as encounter_record_id,
    date_element as measurement_date,
    line_code as measurement_code,
    line_system as measurement_system,
    value_part as raw_value,
    coalesce(nullif(trim(unit_part), ''), {{ trailing_unit('value_part') }}) as raw_unit,
    {{ leading_number('value_part') }} as value_number,
    {{ leading_comparator('value_part') }} as value_comparator,
    case when {{ leading_number('value_part') }} is null then lower(nullif(trim(value_part), '')) end as value_text
from lines
