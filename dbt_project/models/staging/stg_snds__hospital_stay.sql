-- Stays of short-stay hospitals. Kept: no grouping error (GHM 90...), every chaining return code zero,
-- not the second identifier of a hospital that reports twice. A number shared by twins is nobody's.
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
        coalesce(nir_ret, '0') = '0'
        and coalesce(nai_ret, '0') = '0'
        and coalesce(sex_ret, '0') = '0'
        and coalesce(sej_ret, '0') = '0'
        and coalesce(fho_ret, '0') = '0'
        and coalesce(pms_ret, '0') = '0'
        and coalesce(dat_ret, '0') = '0' as is_chained
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
    ranks.ben_nir_psa || '-' || cast(ranks.ben_rng_gem as string) as patient_pseudo,
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
    summaries.ent_mod as entry_mode
from stays
inner join summaries
    on
        stays.delivery_id = summaries.delivery_id
        and stays.eta_num = summaries.eta_num
        and stays.rsa_num = summaries.rsa_num
inner join {{ ref('stg_snds__beneficiary_rank') }} as ranks
    on stays.nir_ano_17 = ranks.ben_nir_psa
left join {{ ref('duplicate_hospital') }} as twice
    on stays.eta_num = twice.hospital_code
where
    stays.is_chained
    and (summaries.grg_ghm is null or summaries.grg_ghm not like '90%')
    and twice.hospital_code is null
    and ranks.rank_count = 1
