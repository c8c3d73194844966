-- Records of short-stay hospitals with the reason, if any, for which they make no stay of a person.
-- Nothing is left out here: stg_snds__hospital_stay takes those without a reason, fct_claim_funnel
-- counts the others.
with stays as (
    select
        practice_pseudo,
        delivery_id,
        delivery_sequence,
        delivery_row,
        eta_num,
        rsa_num,
        nir_ano_17,
        exe_soi_dtd,
        exe_soi_dtf,
        {{ is_well_chained(['nir_ret', 'nai_ret', 'sex_ret', 'sej_ret', 'fho_ret', 'pms_ret', 'dat_ret']) }}
            as is_chained
    from {{ source('snds', 'T_MCOaaC') }}
),

summaries as (
    select
        delivery_id,
        eta_num,
        rsa_num,
        dgn_pal,
        dgn_rel,
        grg_ghm,
        sor_mod,
        ent_mod
    from {{ source('snds', 'T_MCOaaB') }}
)

select
    'snds' as source,
    stays.practice_pseudo,
    {{ beneficiary_pseudo('ranks') }} as patient_pseudo,
    'stay:' || stays.eta_num || ':' || cast(stays.rsa_num as string)
    || ':' || cast(extract(year from stays.exe_soi_dtf) as string) as record_id,
    cast(1 as integer) as record_line,
    stays.delivery_id,
    stays.delivery_sequence,
    stays.delivery_row,
    stays.eta_num as hospital_code,
    stays.rsa_num as stay_number,
    stays.exe_soi_dtd as start_date,
    stays.exe_soi_dtf as end_date,
    {{ plain_code('summaries.dgn_pal', "'CIM-10'") }} as main_diagnosis_code,
    {{ plain_code('summaries.dgn_rel', "'CIM-10'") }} as related_diagnosis_code,
    summaries.grg_ghm as ghm_code,
    summaries.sor_mod as exit_mode,
    summaries.ent_mod as entry_mode,
    case
        when not stays.is_chained then 'return_code'
        when twice.hospital_code is not null then 'duplicate_hospital'
        when summaries.delivery_id is null then 'no_summary'
        when summaries.grg_ghm like '90%' then 'grouping_error'
        when ranks.ben_nir_psa is null then 'unknown_beneficiary'
        when ranks.rank_count > 1 then 'shared_number'
        when stays.exe_soi_dtf is null then 'no_care_date'
    end as removal_reason
from stays
left join summaries
    on
        stays.delivery_id = summaries.delivery_id
        and stays.eta_num = summaries.eta_num
        and stays.rsa_num = summaries.rsa_num
left join {{ ref('stg_snds__beneficiary_rank') }} as ranks
    on stays.nir_ano_17 = ranks.ben_nir_psa
left join {{ ref('duplicate_hospital') }} as twice
    on stays.eta_num = twice.hospital_code
