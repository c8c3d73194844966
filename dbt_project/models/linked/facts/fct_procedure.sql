with procedures as (
    select
        source,
        practice_pseudo,
        patient_pseudo,
        record_id,
        record_line,
        delivery_id,
        delivery_row,
        coding_rank,
        practitioner_pseudo,
        procedure_date,
        procedure_code,
        procedure_system,
        quantity,
        setting
    from {{ ref('stg_procedure') }}
    where {{ is_due() }}
),

recorded as (
    {{ latest_versions('procedures') }}
),

chosen as (
    select *
    from recorded
    qualify
        row_number() over (
            partition by source, practice_pseudo, record_id, record_line
            order by
                case when procedure_system in ('CCAM', 'NABM') then 0 else 1 end asc nulls last,
                coding_rank asc nulls last
        ) = 1
),

claimed as (
    {{ current_claim_lines('procedures') }}
),

standing_claims as (
    select
        source,
        practice_pseudo,
        patient_pseudo,
        practitioner_pseudo,
        procedure_date,
        procedure_code,
        procedure_system,
        setting,
        cast(sum(quantity) as bigint) as quantity
    from claimed
    group by all
    having sum(quantity) > 0
),

-- One act can stand in the claims, in a hospital's outpatient record (most public hospitals bill nothing
-- themselves) and in a stay (clinics report both): it is counted once, the claim first.
single_claims as (
    select *
    from standing_claims
    qualify
        setting = 'dcir'
        or rank() over (
            partition by patient_pseudo, procedure_date, procedure_code, procedure_system
            order by case setting when 'dcir' then 1 when 'pmsi_ace' then 2 else 3 end asc nulls last
        ) = 1
),

acts as (
    select
        {{ surrogate_key(['source', 'practice_pseudo', 'record_id', 'record_line']) }} as procedure_key,
        source,
        practice_pseudo,
        patient_pseudo,
        practitioner_pseudo,
        procedure_date,
        procedure_code,
        procedure_system,
        quantity,
        setting
    from chosen
    union all
    select
        {{ surrogate_key([
            'source', 'patient_pseudo', 'procedure_date', 'procedure_system', 'procedure_code', 'setting',
            'practitioner_pseudo',
        ]) }} as procedure_key,
        source,
        practice_pseudo,
        patient_pseudo,
        practitioner_pseudo,
        procedure_date,
        procedure_code,
        procedure_system,
        quantity,
        setting
    from single_claims
)

select
    act.procedure_key,
    link.person_key,
    act.patient_pseudo,
    {{ surrogate_key(['act.practice_pseudo']) }} as practice_key,
    {{ surrogate_key(['act.practitioner_pseudo']) }} as practitioner_key,
    act.procedure_date,
    act.procedure_code,
    act.procedure_system,
    act.quantity,
    act.setting,
    act.source
from acts as act
inner join {{ ref('fct_patient_link') }} as link
    on
        act.source = link.source
        and act.patient_pseudo = link.patient_pseudo
-- rows of a person together: see docs/decisions/0015
order by person_key nulls first, practitioner_key nulls first, procedure_date nulls first
