-- Lines of ER_PRS_F with the reason, if any, for which a line is no evidence of care of its own.
-- Nothing is left out here: the entities take the lines they may use, fct_claim_funnel counts the others.
with claims as (
    select
        practice_pseudo,
        delivery_id,
        delivery_sequence,
        delivery_row,
        {% for column in claim_key_columns() %}
            {{ column }},
        {% endfor %}
        ben_nir_psa,
        ben_rng_gem,
        prs_nat_ref,
        exe_soi_dtd,
        prs_act_qte,
        pse_spe_cod,
        pse_act_nat,
        pfs_exe_num,
        pfs_pre_num,
        prs_mtt_num,
        prs_pds_qcp,
        exo_mtf,
        dpn_qlf,
        prs_dpn_qlp,
        cpl_maj_top,
        cpl_aff_cod,
        ben_ehp_top,
        ben_res_com,
        ben_res_dpt
    from {{ source('snds', 'ER_PRS_F') }}
),

marked as (
    select
        *,
        -- the expense alone carries the mark: a flat contribution, not care sent for information
        coalesce(cpl_aff_cod = 16 or (dpn_qlf = 0 and prs_dpn_qlp = 71), false) as is_flat_contribution,
        coalesce(dpn_qlf = 71 or prs_dpn_qlp = 71, false) as has_information_mark
    from claims
)

select
    'snds' as source,
    practice_pseudo,
    delivery_id,
    delivery_sequence,
    delivery_row,
    {% for column in claim_key_columns() %}
        {{ column }},
    {% endfor %}
    {{ beneficiary_pseudo('marked') }} as patient_pseudo,
    prs_nat_ref as nature_code,
    exe_soi_dtd as care_date,
    cast(prs_act_qte as bigint) as quantity,
    pse_spe_cod as specialty_code,
    pse_act_nat as activity_code,
    pfs_exe_num as executing_pseudo,
    pfs_pre_num as prescribing_pseudo,
    prs_mtt_num as treating_pseudo,
    prs_pds_qcp as pathway_code,
    exo_mtf as exemption_code,
    coalesce(ben_ehp_top, 0) > 0 as is_in_nursing_home,
    {{ claims_commune('ben_res_dpt', 'ben_res_com') }} as commune_code,
    has_information_mark and not is_flat_contribution as is_for_information,
    is_flat_contribution,
    coalesce(cpl_maj_top, 0) >= 2 as is_complement,
    case
        when ben_nir_psa is null or ben_rng_gem is null then 'no_beneficiary'
        when is_flat_contribution then 'flat_contribution'
        when has_information_mark then 'for_information'
    end as removal_reason
from marked
