with contracts as (
    select
        practice_pseudo,
        delivery_id,
        delivery_sequence,
        delivery_row,
        ben_nir_psa,
        ben_rng_gem,
        mtt_pfs_num,
        mtt_dep_dte,
        mtt_fin_dte,
        mtt_mtf_cod
    from {{ source('snds', 'IR_MTT_R') }}
)

select
    {{ version_columns(
        'snds',
        "'contract:' || " ~ beneficiary_pseudo('contracts') ~ " || ':' || coalesce(cast(mtt_dep_dte as string), '')",
        patient=beneficiary_pseudo('contracts')
    ) }},
    mtt_pfs_num as practitioner_pseudo,
    mtt_dep_dte as start_date,
    case when mtt_fin_dte > date '1600-01-01' then mtt_fin_dte end as end_date,
    mtt_mtf_cod as end_reason_code
from contracts
