-- One row of the export may hold several codes ("K86|T90"): each is a line of the record. Where no
-- code was entered, the one found in the text at the practice counts.
with diagnoses as (
    select
        practice_pseudo,
        patient_pseudo,
        num_diagnostic,
        num_consultation,
        delivery_id,
        delivery_sequence,
        delivery_row,
        date_diagnostic,
        date_debut,
        date_fin,
        statut,
        string_split(coalesce(nullif(trim(codes_cisp2), ''), libelle_code, ''), '|') as codes
    from {{ source('medirel', 'diagnostic') }}
),

lines as (
    select
        *,
        -- trap-ok: series: a split text has at least one part
        unnest(generate_series(1, array_length(codes))) as code_position
    from diagnoses
)

select
    {{ version_columns('medirel', "'diagnostic:' || num_diagnostic", line='code_position') }},
    cast(1 as integer) as coding_rank,
    'consultation:' || num_consultation as encounter_record_id,
    {{ french_date('date_diagnostic') }} as condition_date,
    upper(nullif(trim(codes[code_position]), '')) as condition_code,
    'CISP-2' as condition_system,
    {{ french_date('date_debut') }} as start_date,
    {{ french_date('date_fin') }} as end_date,
    case upper(trim(statut)) when 'A' then true when 'R' then false end as is_active
from lines
