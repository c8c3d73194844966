-- Lines of ER_PRS_F with the reason, if any, for which a line is no evidence of care of its own.
-- Nothing is left out here: the entities take the lines they may use, int_linked__claim_funnel counts.
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
        ben_ehp_top
    from {{ source('snds', 'ER_PRS_F') }}
)

select
    practice_pseudo,
    delivery_id,
    delivery_sequence,
    delivery_row,
    {% for column in claim_key_columns() %}
        {{ column }},
    {% endfor %}
    {{ beneficiary_pseudo('claims') }} as patient_pseudo,
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
    coalesce(dpn_qlf, 0) = 71 or coalesce(prs_dpn_qlp, 0) = 71 as is_for_information,
    coalesce(cpl_aff_cod, 0) = 16 as is_flat_contribution,
    coalesce(cpl_maj_top, 0) >= 2 as is_complement
from claims
