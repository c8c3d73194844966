-- Hospital outpatient records with the reason, if any, for which they speak of nobody. The second
-- number of the Lyon hospitals is no second report here: it is for stays only.
with records as (
    select
        practice_pseudo,
        delivery_id,
        delivery_sequence,
        delivery_row,
        eta_num,
        seq_num,
        nir_ano_17,
        {{ try_integer('rng_nai') }} as birth_rank,
        exe_soi_dtd,
        exe_soi_dtf,
        {{ is_well_chained(['nir_ret', 'nai_ret', 'sex_ret', 'ias_ret', 'ent_dat_ret']) }} as is_chained
    from {{ source('snds', 'T_MCOaaCSTC') }}
),

-- A number shared by twins names one of them where the hospital sent the rank.
ranked as (
    select
        records.*,
        ranks.ben_nir_psa,
        case
            when ranks.rank_count = 1 then ranks.ben_rng_gem
            when records.birth_rank between ranks.ben_rng_gem and ranks.last_rank then records.birth_rank
        end as ben_rng_gem,
        twice.hospital_code is not null as is_second_number
    from records
    left join {{ ref('stg_snds__beneficiary_rank') }} as ranks
        on records.nir_ano_17 = ranks.ben_nir_psa
    left join {{ ref('duplicate_hospital') }} as twice
        on
            records.eta_num = twice.hospital_code
            and twice.is_outpatient_duplicate
)

select
    'snds' as source,
    practice_pseudo,
    {{ beneficiary_pseudo('ranked') }} as patient_pseudo,
    'outpatient:' || eta_num || ':' || seq_num || ':' || cast(extract(year from exe_soi_dtd) as string) as record_id,
    cast(1 as integer) as record_line,
    delivery_id,
    delivery_sequence,
    delivery_row,
    eta_num as hospital_code,
    seq_num as record_number,
    exe_soi_dtd as start_date,
    exe_soi_dtf as end_date,
    case
        when not is_chained then 'return_code'
        when is_second_number then 'duplicate_hospital'
        when ben_nir_psa is null then 'unknown_beneficiary'
        when ben_rng_gem is null then 'shared_number'
        when exe_soi_dtd is null then 'no_care_date'
    end as removal_reason
from ranked
