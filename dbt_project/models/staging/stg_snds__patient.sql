-- Beneficiaries. The numbers the trusted third party paired them with are in stg_snds__pairing.
with beneficiaries as (
    select
        practice_pseudo,
        delivery_id,
        delivery_sequence,
        delivery_row,
        ben_nir_psa,
        ben_rng_gem,
        ben_nai_ann,
        ben_nai_moi,
        ben_sex_cod,
        ben_dcd_dte,
        ben_res_dpt,
        ben_res_com
    from {{ source('snds', 'IR_BEN_R') }}
),

identified as (
    select
        *,
        {{ beneficiary_pseudo('beneficiaries') }} as patient_pseudo
    from beneficiaries
)

select
    {{ version_columns('snds', "'beneficiary:' || identified.patient_pseudo", alias='identified') }},
    cast(nullif({{ try_integer('identified.ben_nai_ann') }}, 0) as integer) as birth_year,
    case
        when {{ try_integer('identified.ben_nai_moi') }} between 1 and 12
            then cast({{ try_integer('identified.ben_nai_moi') }} as integer)
    end as birth_month,
    case identified.ben_sex_cod when 1 then 'M' when 2 then 'F' else 'U' end as sex,
    {{ claims_commune('identified.ben_res_dpt', 'identified.ben_res_com') }} as commune_code,
    case when identified.ben_dcd_dte > date '1600-01-01' then identified.ben_dcd_dte end as death_date,
    cast(null as string) as nir_pseudo,
    'missing' as nir_status,
    cast(null as string) as traits_pseudo,
    cast(null as boolean) as is_declared,
    cast(null as date) as registration_start_date,
    cast(null as date) as registration_end_date
from identified
