with conditions as (
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
        condition_date,
        condition_code,
        condition_system,
        start_date,
        end_date,
        is_active
    from {{ ref('stg_condition') }}
    where {{ is_due() }}
),

recorded as (
    {{ latest_versions('conditions') }}
),

-- Several codings of one condition: the first in a system in use here, else the first.
chosen as (
    select *
    from recorded
    qualify
        row_number() over (
            partition by source, practice_pseudo, record_id, record_line
            order by
                case when condition_system in ('CISP-2', 'CIM-10') then 0 else 1 end asc nulls last,
                coding_rank asc nulls last
        ) = 1
)

select
    {{ surrogate_key(['chosen.source', 'chosen.practice_pseudo', 'chosen.record_id', 'chosen.record_line']) }}
        as condition_key,
    link.person_key,
    chosen.patient_pseudo,
    {{ surrogate_key(['chosen.practice_pseudo']) }} as practice_key,
    {{ record_key('chosen.encounter_record_id', 'chosen.source', 'chosen.practice_pseudo') }} as encounter_key,
    chosen.condition_date,
    chosen.condition_code,
    chosen.condition_system,
    chosen.start_date,
    chosen.end_date,
    chosen.is_active,
    chosen.source
from chosen
inner join {{ ref('fct_patient_link') }} as link
    on
        chosen.source = link.source
        and chosen.patient_pseudo = link.patient_pseudo
-- rows of a person together: see docs/decisions/0015
order by person_key nulls first, patient_pseudo nulls first, condition_date nulls first
