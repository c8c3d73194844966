with prescriptions as (
    select
        source,
        practice_pseudo,
        patient_pseudo,
        record_id,
        record_line,
        delivery_id,
        delivery_row,
        coding_rank,
        encounter_record_id,
        practitioner_pseudo,
        prescription_date,
        prescription_code,
        prescription_system,
        box_count,
        duration_days
    from {{ ref('stg_prescription') }}
    where {{ is_due() }}
),

recorded as (
    {{ latest_versions('prescriptions') }}
),

-- A pack is read through its ATC class; of several codings the first that gives one is kept.
classified as (
    select
        recorded.*,
        case when recorded.prescription_system = 'ATC' then recorded.prescription_code else drug.atc_code end
            as atc_code
    from recorded
    -- one equality: with a second condition on the left the engine compares every pair
    left join {{ ref('stg_pack_atc') }} as drug
        on case when recorded.prescription_system = 'CIP13' then recorded.prescription_code end = drug.cip13
),

chosen as (
    select *
    from classified
    qualify
        row_number() over (
            partition by source, practice_pseudo, record_id, record_line
            order by
                case when atc_code is not null then 0 else 1 end asc nulls last,
                coding_rank asc nulls last
        ) = 1
)

select
    {{ surrogate_key(['chosen.source', 'chosen.practice_pseudo', 'chosen.record_id', 'chosen.record_line']) }}
        as prescription_key,
    link.person_key,
    chosen.patient_pseudo,
    {{ surrogate_key(['chosen.practice_pseudo']) }} as practice_key,
    {{ surrogate_key(['chosen.practitioner_pseudo']) }} as practitioner_key,
    {{ record_key('chosen.encounter_record_id', 'chosen.source', 'chosen.practice_pseudo') }} as encounter_key,
    chosen.prescription_date,
    chosen.prescription_code,
    chosen.prescription_system,
    chosen.atc_code,
    chosen.box_count,
    chosen.duration_days,
    chosen.source
from chosen
inner join {{ ref('fct_patient_link') }} as link
    on
        chosen.source = link.source
        and chosen.patient_pseudo = link.patient_pseudo
-- rows of a person together: see docs/decisions/0015
order by person_key nulls first, practice_key nulls first, practitioner_key nulls first, prescription_date nulls first
