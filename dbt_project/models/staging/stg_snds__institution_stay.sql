-- Stays in nursing homes and long-stay units, where a person lives: home nursing services lodge nobody and are left out.
-- A stay without twin rank belongs to the number's only beneficiary, or to nobody. 2999-12-31 ends nothing.
with stays as (
    select
        practice_pseudo,
        delivery_id,
        delivery_sequence,
        delivery_row,
        ben_nir_psa,
        ben_rng_gem,
        pec_deb_dte,
        pec_fin_dte,
        esm_cat_cod
    from {{ source('snds', 'IR_ESM_R') }} as stay
    where {{ is_lodging('stay') }}
),

ranked as (
    select
        stays.*,
        coalesce(stays.ben_rng_gem, ranks.ben_rng_gem) as rank_found
    from stays
    left join {{ ref('stg_snds__beneficiary_rank') }} as ranks
        on
            stays.ben_nir_psa = ranks.ben_nir_psa
            and ranks.rank_count = 1
),

identified as (
    select
        ranked.*,
        ranked.ben_nir_psa || '-' || cast(ranked.rank_found as string) as patient_pseudo
    from ranked
    where ranked.rank_found is not null
)

select
    {{ version_columns(
        'snds',
        "'institution:' || identified.patient_pseudo || ':' || trim(identified.esm_cat_cod) || ':'"
        ~ " || coalesce(cast(identified.pec_deb_dte as string), '')",
        alias='identified'
    ) }},
    case trim(identified.esm_cat_cod) when '362' then 'long_stay_unit' else 'nursing_home' end as institution_kind,
    identified.pec_deb_dte as start_date,
    case when identified.pec_fin_dte < date '2999-01-01' then identified.pec_fin_dte end as end_date
from identified
