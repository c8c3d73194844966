-- What a hospital outpatient record says was done: technical acts (not their anaesthesia), laboratory
-- acts, consultations. They complete the claims, where most public hospitals bill nothing themselves;
-- fct_procedure keeps an act that both report once.
with lines as (
    select
        'T_MCOaaFMSTC' as table_name,
        delivery_id,
        eta_num,
        seq_num,
        upper(trim(ccam_cod)) as line_code,
        'CCAM' as line_system,
        cast(1 as bigint) as quantity,
        greatest(coalesce(del_dat_ent, 0), 0) as delay_days,
        coalesce(trim(acv_act), '1') <> '1' as is_other_activity
    from {{ source('snds', 'T_MCOaaFMSTC') }}
    union all
    select
        'T_MCOaaFLSTC' as table_name,
        delivery_id,
        eta_num,
        seq_num,
        {{ laboratory_code('nabm_cod') }} as line_code,
        'NABM' as line_system,
        cast(coalesce(act_nbr, 1) as bigint) as quantity,
        greatest(coalesce(del_dat_ent, 0), 0) as delay_days,
        false as is_other_activity
    from {{ source('snds', 'T_MCOaaFLSTC') }}
    union all
    select
        'T_MCOaaFCSTC' as table_name,
        delivery_id,
        eta_num,
        seq_num,
        upper(trim(act_cod)) as line_code,
        'T_MCOaaFCSTC' as line_system,
        cast(coalesce(act_nbr, 1) as bigint) as quantity,
        greatest(coalesce(del_dat_ent, 0), 0) as delay_days,
        coalesce(upper(trim(act_cod)) not in ('C', 'CS', 'G', 'GS'), true) as is_other_activity
    from {{ source('snds', 'T_MCOaaFCSTC') }}
)

select
    record.source,
    record.practice_pseudo,
    record.patient_pseudo,
    record.record_id,
    lines.delivery_id,
    record.delivery_sequence,
    record.delivery_row,
    lines.table_name,
    {{ add_days('record.start_date', 'lines.delay_days') }} as care_date,
    lines.line_code,
    lines.line_system,
    lines.quantity,
    case
        when record.delivery_id is null then 'no_record'
        when record.removal_reason is not null then record.removal_reason
        when lines.is_other_activity then 'other_activity'
        when lines.quantity <= 0 then 'no_quantity'
    end as removal_reason
from lines
left join {{ ref('stg_snds__outpatient_record') }} as record
    on
        lines.delivery_id = record.delivery_id
        and lines.eta_num = record.hospital_code
        and lines.seq_num = record.record_number
