-- Results, vital signs and habits. A blood pressure is one element with two values: two lines.
with elements as (
    select
        practice_pseudo,
        patient_pseudo,
        element_id,
        delivery_id,
        delivery_sequence,
        delivery_row,
        evenement_id,
        date_element,
        upper(coalesce(nullif(trim(code), ''), nullif(trim(libelle_local), ''))) as measurement_code,
        case upper(systeme) when 'LOINC' then 'LOINC' else 'dosmed:local' end as measurement_system,
        valeur,
        unite,
        valeur_systolique,
        unite_systolique,
        valeur_diastolique,
        unite_diastolique
    from {{ ref('stg_dosmed__element') }}
    where rubrique in ('BIOLOGIE', 'CONSTANTE', 'HABITUS')
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
