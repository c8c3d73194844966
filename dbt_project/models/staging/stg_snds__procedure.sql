-- Technical acts (activity 1 of ER_CAM_F), laboratory acts (number padded to four digits), natures of
-- act that are evidence by themselves (seed claim_nature), acts of hospital stays and of hospital
-- outpatient care. Lines of claims have no record; a hospital's lines belong to the record they came with.
with claims as (
    select
        practice_pseudo,
        patient_pseudo,
        delivery_id,
        delivery_sequence,
        delivery_row,
        {% for column in claim_key_columns() %}
            {{ column }},
        {% endfor %}
        nature_code,
        care_date,
        quantity,
        executing_pseudo
    from {{ ref('stg_snds__claim') }}
    where removal_reason is null
),

technical_acts as (
    select
        claims.practice_pseudo,
        claims.patient_pseudo,
        cast(null as string) as record_id,
        claims.delivery_id,
        claims.delivery_sequence,
        claims.delivery_row,
        claims.executing_pseudo,
        claims.care_date,
        upper(trim(act.cam_prs_ide)) as procedure_code,
        'CCAM' as procedure_system,
        claims.quantity,
        'dcir' as setting
    from claims
    inner join {{ source('snds', 'ER_CAM_F') }} as act
        on {{ same_claim('claims', 'act') }}
    where act.cam_act_cod = 1
),

laboratory_acts as (
    select
        claims.practice_pseudo,
        claims.patient_pseudo,
        cast(null as string) as record_id,
        claims.delivery_id,
        claims.delivery_sequence,
        claims.delivery_row,
        claims.executing_pseudo,
        claims.care_date,
        {{ laboratory_code('act.bio_prs_ide') }} as procedure_code,
        'NABM' as procedure_system,
        cast(act.bio_act_qsn as bigint) as quantity,
        'dcir' as setting
    from claims
    inner join {{ source('snds', 'ER_BIO_F') }} as act
        on {{ same_claim('claims', 'act') }}
),

evident_natures as (
    select
        claims.practice_pseudo,
        claims.patient_pseudo,
        cast(null as string) as record_id,
        claims.delivery_id,
        claims.delivery_sequence,
        claims.delivery_row,
        claims.executing_pseudo,
        claims.care_date,
        cast(claims.nature_code as string) as procedure_code,
        'PRS_NAT_REF' as procedure_system,
        claims.quantity,
        'dcir' as setting
    from claims
    inner join {{ ref('claim_nature') }} as nature
        on claims.nature_code = nature.nature_code
    where nature.encounter_type is null
),

stay_acts as (
    select
        stay.practice_pseudo,
        stay.patient_pseudo,
        stay.record_id,
        stay.delivery_id,
        stay.delivery_sequence,
        stay.delivery_row,
        cast(null as string) as executing_pseudo,
        {{ add_days('stay.start_date', 'greatest(coalesce(act.ent_dat_del, 0), 0)') }} as care_date,
        upper(trim(act.cdc_act)) as procedure_code,
        'CCAM' as procedure_system,
        cast(coalesce(act.nbr_exe_act, 1) as bigint) as quantity,
        'pmsi' as setting
    from {{ ref('stg_snds__hospital_stay') }} as stay
    inner join {{ source('snds', 'T_MCOaaA') }} as act
        on
            stay.delivery_id = act.delivery_id
            and stay.hospital_code = act.eta_num
            and stay.stay_number = act.rsa_num
),

outpatient_acts as (
    select
        line.practice_pseudo,
        line.patient_pseudo,
        line.record_id,
        line.delivery_id,
        line.delivery_sequence,
        line.delivery_row,
        cast(null as string) as executing_pseudo,
        line.care_date,
        line.line_code as procedure_code,
        line.line_system as procedure_system,
        line.quantity,
        'pmsi_ace' as setting
    from {{ ref('stg_snds__outpatient_line') }} as line
    where
        line.removal_reason is null
        and line.table_name <> 'T_MCOaaFCSTC'
),

lines as (
    select * from technical_acts
    union all
    select * from laboratory_acts
    union all
    select * from evident_natures
    union all
    select * from stay_acts
    union all
    select * from outpatient_acts
)

select
    'snds' as source,
    practice_pseudo,
    patient_pseudo,
    record_id,
    cast(1 as integer) as record_line,
    delivery_id,
    delivery_sequence,
    delivery_row,
    cast(1 as integer) as coding_rank,
    executing_pseudo as practitioner_pseudo,
    care_date as procedure_date,
    procedure_code,
    procedure_system,
    quantity,
    setting
from lines
