-- Generated from the folders of measures by `p4dp indicator generate`: do not edit.
-- Evidence is kept for people of the denominator only.
with

denominator_part as (
    select
        'SCR-CRC-PART' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_scr_crc_part__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'SCR-CRC-ELIG' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_scr_crc_elig__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'SCR-CRC-COV' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_scr_crc_cov__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'CV-SCORE2' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_cv_score2__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2021-08-01' as date)
    union all
    select
        'OUT-GP12' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_out_gp12__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'SCR-BRE-ORG' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_scr_bre_org__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'SCR-BRE-COV' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_scr_bre_cov__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'SCR-CER-COV' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_scr_cer_cov__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
        and part.valid_from < cast('2025-10-08' as date)
    union all
    select
        'SCR-CRC-POS' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_scr_crc_pos__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'CV-SCORE2-OP' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_cv_score2_op__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2021-08-01' as date)
    union all
    select
        'CV-BP-MEAS' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_cv_bp_meas__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'CV-BP' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_cv_bp__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'CV-STATIN2' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_cv_statin2__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'DM-A1C2' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_dm_a1c2__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'DM-A1CVAL' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_dm_a1cval__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'DM-EYE' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_dm_eye__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'DM-KID' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_dm_kid__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'HTA-LAB' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_hta_lab__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'CKD-SCREEN' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_ckd_screen__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'COPD-SPIRO' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_copd_spiro__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'COPD-SMOK' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_copd_smok__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'BZD-65' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_bzd_65__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'ATB-CRIT' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_atb_crit__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'VAC-FLU65' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_vac_flu65__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'VAC-PNEU65' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_vac_pneu65__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2025-01-01' as date)
    union all
    select
        'VAC-DTP' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_vac_dtp__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'VAC-HPV15' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_vac_hpv15__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'DQ-SMOK' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_dq_smok__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'DQ-BP' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_dq_bp__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'DQ-BMI' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_dq_bmi__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'POLY5-65' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_poly5_65__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'POLY10-65' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_poly10_65__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'OUT-LTF' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_out_ltf__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'HF-4P' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_hf_4p__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2021-08-01' as date)
    union all
    select
        'HF-DISCH' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_hf_disch__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'SCR-CRC-POS31' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_scr_crc_pos31__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'SCR-CRC-KIT' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_scr_crc_kit__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'SCR-CRC-COVW' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_scr_crc_covw__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'SCR-BRE-PART' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_scr_bre_part__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'SCR-CER-COV' as indicator_id,
        '2' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_scr_cer_cov_2__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2025-10-08' as date)
    union all
    select
        'SCR-CER-FU' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_scr_cer_fu__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'CV-STATIN-VH' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_cv_statin_vh__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'CV-LDL' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_cv_ldl__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'CV-LDL-MEAS' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_cv_ldl_meas__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'CV-BP-ESC24' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_cv_bp_esc24__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2024-08-30' as date)
    union all
    select
        'CV-SCORE2-DM' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_cv_score2_dm__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2023-05-29' as date)
    union all
    select
        'DM-DENT' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_dm_dent__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'DM-FOOT' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_dm_foot__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'BZD-65-LONG' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_bzd_65_long__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'POLY5-75' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_poly5_75__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'POLY10-75' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_poly10_75__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'ATB-ANY' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_atb_any__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'ATB-RTI' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_atb_rti__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'OUT-GP18' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_out_gp18__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'OUT-GP24' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_out_gp24__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'VAC-FLU-RISK' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_vac_flu_risk__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'VAC-PNEU-RISK' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_vac_pneu_risk__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2024-01-01' as date)
    union all
    select
        'VAC-HPV-FULL' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_vac_hpv_full__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2021-01-01' as date)
    union all
    select
        'VAC-MMR1' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_vac_mmr1__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'VAC-MMR2' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_vac_mmr2__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'VAC-MMR-ADULT' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_vac_mmr_adult__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'VAC-ZOS' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_vac_zos__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2025-01-01' as date)
    union all
    select
        'VAC-RSV' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_vac_rsv__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2025-01-01' as date)
    union all
    select
        'VAC-COVID' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_vac_covid__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2023-10-02' as date)
    union all
    select
        'VAC-MEN' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_vac_men__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2018-01-01' as date)
    union all
    select
        'VAC-MEN-B' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_vac_men_b__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2025-01-01' as date)
    union all
    select
        'VAC-MEN-ADO' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_vac_men_ado__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2025-01-01' as date)
    union all
    select
        'VAC-PERT-PREG' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_vac_pert_preg__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2022-04-12' as date)
    union all
    select
        'COPD-VAC' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_copd_vac__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2024-01-01' as date)
    union all
    select
        'FMT-FLU' as indicator_id,
        '2026' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_fmt_flu_2026__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2026-01-01' as date)
    union all
    select
        'FMT-COVID' as indicator_id,
        '2026' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_fmt_covid_2026__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2026-01-01' as date)
    union all
    select
        'FMT-PNEU' as indicator_id,
        '2026' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_fmt_pneu_2026__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2026-01-01' as date)
    union all
    select
        'FMT-MMR' as indicator_id,
        '2026' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_fmt_mmr_2026__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2026-01-01' as date)
    union all
    select
        'FMT-MEN' as indicator_id,
        '2026' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_fmt_men_2026__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2026-01-01' as date)
    union all
    select
        'FMT-HPV' as indicator_id,
        '2026' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_fmt_hpv_2026__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2026-01-01' as date)
    union all
    select
        'FMT-BRE' as indicator_id,
        '2026' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_fmt_bre_2026__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2026-01-01' as date)
    union all
    select
        'FMT-CER' as indicator_id,
        '2026' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_fmt_cer_2026__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2026-01-01' as date)
    union all
    select
        'FMT-CRC' as indicator_id,
        '2026' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_fmt_crc_2026__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2026-01-01' as date)
    union all
    select
        'FMT-HBA1C' as indicator_id,
        '2026' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_fmt_hba1c_2026__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2026-01-01' as date)
    union all
    select
        'DQ-ALC' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_dq_alc__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'DQ-FH' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_dq_fh__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'DQ-IND' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_dq_ind__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'DQ-PBL' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_dq_pbl__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'BZD-ANX' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_bzd_anx__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'BZD-HYP' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_bzd_hyp__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'OUT-STOP' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_out_stop__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'OUT-NOMT' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_out_nomt__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'OUT-ALD' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_out_ald__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'OUT-RES' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_out_res__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'FMT-DENT' as indicator_id,
        '2026' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_fmt_dent_2026__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2026-01-01' as date)
    union all
    select
        'POLY5-CUM65' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_poly5_cum65__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'POLY5-CUM75' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_poly5_cum75__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'POLY10-CUM65' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_poly10_cum65__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'POLY10-CUM75' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_poly10_cum75__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'SCR-CER-HPV' as indicator_id,
        '1' as indicator_version,
        part.unit_key,
        part.valid_from,
        part.valid_to
    from {{ ref('ind_scr_cer_hpv__denominator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
),

other_part as (
    select
        'SCR-CRC-PART' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_scr_crc_part__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'SCR-CRC-PART' as indicator_id,
        '1' as indicator_version,
        'declined' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_scr_crc_part__declined') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'SCR-CRC-ELIG' as indicator_id,
        '1' as indicator_version,
        'exclusion' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        cast(null as date) as evidence_date,
        cast(null as string) as evidence_source
    from {{ ref('ind_scr_crc_elig__exclusion') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'SCR-CRC-ELIG' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_scr_crc_elig__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'SCR-CRC-ELIG' as indicator_id,
        '1' as indicator_version,
        'declined' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_scr_crc_elig__declined') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'SCR-CRC-ELIG' as indicator_id,
        '1' as indicator_version,
        'unobservable' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        cast(null as date) as evidence_date,
        cast(null as string) as evidence_source
    from {{ ref('ind_scr_crc_elig__unobservable') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'SCR-CRC-COV' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_scr_crc_cov__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'SCR-CRC-COV' as indicator_id,
        '1' as indicator_version,
        'declined' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_scr_crc_cov__declined') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'CV-SCORE2' as indicator_id,
        '1' as indicator_version,
        'exclusion' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        cast(null as date) as evidence_date,
        cast(null as string) as evidence_source
    from {{ ref('ind_cv_score2__exclusion') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2021-08-01' as date)
    union all
    select
        'CV-SCORE2' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_cv_score2__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2021-08-01' as date)
    union all
    select
        'OUT-GP12' as indicator_id,
        '1' as indicator_version,
        'exclusion' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        cast(null as date) as evidence_date,
        cast(null as string) as evidence_source
    from {{ ref('ind_out_gp12__exclusion') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'OUT-GP12' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_out_gp12__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'SCR-BRE-ORG' as indicator_id,
        '1' as indicator_version,
        'exclusion' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        cast(null as date) as evidence_date,
        cast(null as string) as evidence_source
    from {{ ref('ind_scr_bre_org__exclusion') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'SCR-BRE-ORG' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_scr_bre_org__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'SCR-BRE-COV' as indicator_id,
        '1' as indicator_version,
        'exclusion' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        cast(null as date) as evidence_date,
        cast(null as string) as evidence_source
    from {{ ref('ind_scr_bre_cov__exclusion') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'SCR-BRE-COV' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_scr_bre_cov__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'SCR-CER-COV' as indicator_id,
        '1' as indicator_version,
        'exclusion' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        cast(null as date) as evidence_date,
        cast(null as string) as evidence_source
    from {{ ref('ind_scr_cer_cov__exclusion') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
        and part.valid_from < cast('2025-10-08' as date)
    union all
    select
        'SCR-CER-COV' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_scr_cer_cov__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
        and part.valid_from < cast('2025-10-08' as date)
    union all
    select
        'SCR-CER-COV' as indicator_id,
        '1' as indicator_version,
        'unobservable' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        cast(null as date) as evidence_date,
        cast(null as string) as evidence_source
    from {{ ref('ind_scr_cer_cov__unobservable') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
        and part.valid_from < cast('2025-10-08' as date)
    union all
    select
        'SCR-CRC-POS' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_scr_crc_pos__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'CV-SCORE2-OP' as indicator_id,
        '1' as indicator_version,
        'exclusion' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        cast(null as date) as evidence_date,
        cast(null as string) as evidence_source
    from {{ ref('ind_cv_score2_op__exclusion') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2021-08-01' as date)
    union all
    select
        'CV-SCORE2-OP' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_cv_score2_op__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2021-08-01' as date)
    union all
    select
        'CV-BP-MEAS' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_cv_bp_meas__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'CV-BP' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_cv_bp__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'CV-BP' as indicator_id,
        '1' as indicator_version,
        'not_met' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_cv_bp__not_met') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'CV-STATIN2' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_cv_statin2__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'DM-A1C2' as indicator_id,
        '1' as indicator_version,
        'exclusion' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        cast(null as date) as evidence_date,
        cast(null as string) as evidence_source
    from {{ ref('ind_dm_a1c2__exclusion') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'DM-A1C2' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_dm_a1c2__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'DM-A1CVAL' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_dm_a1cval__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'DM-A1CVAL' as indicator_id,
        '1' as indicator_version,
        'not_met' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_dm_a1cval__not_met') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'DM-EYE' as indicator_id,
        '1' as indicator_version,
        'exclusion' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        cast(null as date) as evidence_date,
        cast(null as string) as evidence_source
    from {{ ref('ind_dm_eye__exclusion') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'DM-EYE' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_dm_eye__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'DM-KID' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_dm_kid__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'HTA-LAB' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_hta_lab__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'CKD-SCREEN' as indicator_id,
        '1' as indicator_version,
        'exclusion' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        cast(null as date) as evidence_date,
        cast(null as string) as evidence_source
    from {{ ref('ind_ckd_screen__exclusion') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'CKD-SCREEN' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_ckd_screen__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'COPD-SPIRO' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_copd_spiro__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'COPD-SMOK' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_copd_smok__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'BZD-65' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_bzd_65__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'ATB-CRIT' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_atb_crit__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'VAC-FLU65' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_vac_flu65__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'VAC-FLU65' as indicator_id,
        '1' as indicator_version,
        'unobservable' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        cast(null as date) as evidence_date,
        cast(null as string) as evidence_source
    from {{ ref('ind_vac_flu65__unobservable') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'VAC-PNEU65' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_vac_pneu65__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2025-01-01' as date)
    union all
    select
        'VAC-PNEU65' as indicator_id,
        '1' as indicator_version,
        'unobservable' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        cast(null as date) as evidence_date,
        cast(null as string) as evidence_source
    from {{ ref('ind_vac_pneu65__unobservable') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2025-01-01' as date)
    union all
    select
        'VAC-DTP' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_vac_dtp__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'VAC-DTP' as indicator_id,
        '1' as indicator_version,
        'unobservable' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        cast(null as date) as evidence_date,
        cast(null as string) as evidence_source
    from {{ ref('ind_vac_dtp__unobservable') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'VAC-HPV15' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_vac_hpv15__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'VAC-HPV15' as indicator_id,
        '1' as indicator_version,
        'unobservable' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        cast(null as date) as evidence_date,
        cast(null as string) as evidence_source
    from {{ ref('ind_vac_hpv15__unobservable') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'DQ-SMOK' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_dq_smok__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'DQ-BP' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_dq_bp__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'DQ-BMI' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_dq_bmi__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'POLY5-65' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_poly5_65__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'POLY10-65' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_poly10_65__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'OUT-LTF' as indicator_id,
        '1' as indicator_version,
        'exclusion' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        cast(null as date) as evidence_date,
        cast(null as string) as evidence_source
    from {{ ref('ind_out_ltf__exclusion') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'OUT-LTF' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_out_ltf__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'HF-4P' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_hf_4p__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2021-08-01' as date)
    union all
    select
        'HF-4P' as indicator_id,
        '1' as indicator_version,
        'unobservable' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        cast(null as date) as evidence_date,
        cast(null as string) as evidence_source
    from {{ ref('ind_hf_4p__unobservable') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2021-08-01' as date)
    union all
    select
        'HF-DISCH' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_hf_disch__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'SCR-CRC-POS31' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_scr_crc_pos31__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'SCR-CRC-KIT' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_scr_crc_kit__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'SCR-CRC-COVW' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_scr_crc_covw__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'SCR-CRC-COVW' as indicator_id,
        '1' as indicator_version,
        'declined' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_scr_crc_covw__declined') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'SCR-BRE-PART' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_scr_bre_part__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'SCR-CER-COV' as indicator_id,
        '2' as indicator_version,
        'exclusion' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        cast(null as date) as evidence_date,
        cast(null as string) as evidence_source
    from {{ ref('ind_scr_cer_cov_2__exclusion') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2025-10-08' as date)
    union all
    select
        'SCR-CER-COV' as indicator_id,
        '2' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_scr_cer_cov_2__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2025-10-08' as date)
    union all
    select
        'SCR-CER-COV' as indicator_id,
        '2' as indicator_version,
        'unobservable' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        cast(null as date) as evidence_date,
        cast(null as string) as evidence_source
    from {{ ref('ind_scr_cer_cov_2__unobservable') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2025-10-08' as date)
    union all
    select
        'SCR-CER-FU' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_scr_cer_fu__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'CV-STATIN-VH' as indicator_id,
        '1' as indicator_version,
        'exclusion' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        cast(null as date) as evidence_date,
        cast(null as string) as evidence_source
    from {{ ref('ind_cv_statin_vh__exclusion') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'CV-STATIN-VH' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_cv_statin_vh__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'CV-LDL' as indicator_id,
        '1' as indicator_version,
        'exclusion' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        cast(null as date) as evidence_date,
        cast(null as string) as evidence_source
    from {{ ref('ind_cv_ldl__exclusion') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'CV-LDL' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_cv_ldl__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'CV-LDL' as indicator_id,
        '1' as indicator_version,
        'not_met' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_cv_ldl__not_met') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'CV-LDL-MEAS' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_cv_ldl_meas__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'CV-BP-ESC24' as indicator_id,
        '1' as indicator_version,
        'exclusion' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        cast(null as date) as evidence_date,
        cast(null as string) as evidence_source
    from {{ ref('ind_cv_bp_esc24__exclusion') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2024-08-30' as date)
    union all
    select
        'CV-BP-ESC24' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_cv_bp_esc24__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2024-08-30' as date)
    union all
    select
        'CV-BP-ESC24' as indicator_id,
        '1' as indicator_version,
        'not_met' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_cv_bp_esc24__not_met') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2024-08-30' as date)
    union all
    select
        'CV-SCORE2-DM' as indicator_id,
        '1' as indicator_version,
        'exclusion' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        cast(null as date) as evidence_date,
        cast(null as string) as evidence_source
    from {{ ref('ind_cv_score2_dm__exclusion') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2023-05-29' as date)
    union all
    select
        'CV-SCORE2-DM' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_cv_score2_dm__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2023-05-29' as date)
    union all
    select
        'DM-DENT' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_dm_dent__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'DM-FOOT' as indicator_id,
        '1' as indicator_version,
        'exclusion' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        cast(null as date) as evidence_date,
        cast(null as string) as evidence_source
    from {{ ref('ind_dm_foot__exclusion') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'DM-FOOT' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_dm_foot__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'BZD-65-LONG' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_bzd_65_long__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'POLY5-75' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_poly5_75__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'POLY10-75' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_poly10_75__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'ATB-ANY' as indicator_id,
        '1' as indicator_version,
        'exclusion' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        cast(null as date) as evidence_date,
        cast(null as string) as evidence_source
    from {{ ref('ind_atb_any__exclusion') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'ATB-ANY' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_atb_any__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'ATB-RTI' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_atb_rti__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'OUT-GP18' as indicator_id,
        '1' as indicator_version,
        'exclusion' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        cast(null as date) as evidence_date,
        cast(null as string) as evidence_source
    from {{ ref('ind_out_gp18__exclusion') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'OUT-GP18' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_out_gp18__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'OUT-GP24' as indicator_id,
        '1' as indicator_version,
        'exclusion' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        cast(null as date) as evidence_date,
        cast(null as string) as evidence_source
    from {{ ref('ind_out_gp24__exclusion') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'OUT-GP24' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_out_gp24__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'VAC-FLU-RISK' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_vac_flu_risk__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'VAC-FLU-RISK' as indicator_id,
        '1' as indicator_version,
        'unobservable' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        cast(null as date) as evidence_date,
        cast(null as string) as evidence_source
    from {{ ref('ind_vac_flu_risk__unobservable') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'VAC-PNEU-RISK' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_vac_pneu_risk__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2024-01-01' as date)
    union all
    select
        'VAC-PNEU-RISK' as indicator_id,
        '1' as indicator_version,
        'unobservable' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        cast(null as date) as evidence_date,
        cast(null as string) as evidence_source
    from {{ ref('ind_vac_pneu_risk__unobservable') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2024-01-01' as date)
    union all
    select
        'VAC-HPV-FULL' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_vac_hpv_full__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2021-01-01' as date)
    union all
    select
        'VAC-HPV-FULL' as indicator_id,
        '1' as indicator_version,
        'unobservable' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        cast(null as date) as evidence_date,
        cast(null as string) as evidence_source
    from {{ ref('ind_vac_hpv_full__unobservable') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2021-01-01' as date)
    union all
    select
        'VAC-MMR1' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_vac_mmr1__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'VAC-MMR1' as indicator_id,
        '1' as indicator_version,
        'unobservable' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        cast(null as date) as evidence_date,
        cast(null as string) as evidence_source
    from {{ ref('ind_vac_mmr1__unobservable') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'VAC-MMR2' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_vac_mmr2__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'VAC-MMR2' as indicator_id,
        '1' as indicator_version,
        'unobservable' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        cast(null as date) as evidence_date,
        cast(null as string) as evidence_source
    from {{ ref('ind_vac_mmr2__unobservable') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'VAC-MMR-ADULT' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_vac_mmr_adult__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'VAC-MMR-ADULT' as indicator_id,
        '1' as indicator_version,
        'unobservable' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        cast(null as date) as evidence_date,
        cast(null as string) as evidence_source
    from {{ ref('ind_vac_mmr_adult__unobservable') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'VAC-ZOS' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_vac_zos__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2025-01-01' as date)
    union all
    select
        'VAC-ZOS' as indicator_id,
        '1' as indicator_version,
        'unobservable' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        cast(null as date) as evidence_date,
        cast(null as string) as evidence_source
    from {{ ref('ind_vac_zos__unobservable') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2025-01-01' as date)
    union all
    select
        'VAC-RSV' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_vac_rsv__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2025-01-01' as date)
    union all
    select
        'VAC-RSV' as indicator_id,
        '1' as indicator_version,
        'unobservable' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        cast(null as date) as evidence_date,
        cast(null as string) as evidence_source
    from {{ ref('ind_vac_rsv__unobservable') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2025-01-01' as date)
    union all
    select
        'VAC-COVID' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_vac_covid__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2023-10-02' as date)
    union all
    select
        'VAC-COVID' as indicator_id,
        '1' as indicator_version,
        'unobservable' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        cast(null as date) as evidence_date,
        cast(null as string) as evidence_source
    from {{ ref('ind_vac_covid__unobservable') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2023-10-02' as date)
    union all
    select
        'VAC-MEN' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_vac_men__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2018-01-01' as date)
    union all
    select
        'VAC-MEN' as indicator_id,
        '1' as indicator_version,
        'unobservable' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        cast(null as date) as evidence_date,
        cast(null as string) as evidence_source
    from {{ ref('ind_vac_men__unobservable') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2018-01-01' as date)
    union all
    select
        'VAC-MEN-B' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_vac_men_b__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2025-01-01' as date)
    union all
    select
        'VAC-MEN-B' as indicator_id,
        '1' as indicator_version,
        'unobservable' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        cast(null as date) as evidence_date,
        cast(null as string) as evidence_source
    from {{ ref('ind_vac_men_b__unobservable') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2025-01-01' as date)
    union all
    select
        'VAC-MEN-ADO' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_vac_men_ado__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2025-01-01' as date)
    union all
    select
        'VAC-MEN-ADO' as indicator_id,
        '1' as indicator_version,
        'unobservable' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        cast(null as date) as evidence_date,
        cast(null as string) as evidence_source
    from {{ ref('ind_vac_men_ado__unobservable') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2025-01-01' as date)
    union all
    select
        'VAC-PERT-PREG' as indicator_id,
        '1' as indicator_version,
        'exclusion' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        cast(null as date) as evidence_date,
        cast(null as string) as evidence_source
    from {{ ref('ind_vac_pert_preg__exclusion') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2022-04-12' as date)
    union all
    select
        'VAC-PERT-PREG' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_vac_pert_preg__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2022-04-12' as date)
    union all
    select
        'VAC-PERT-PREG' as indicator_id,
        '1' as indicator_version,
        'unobservable' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        cast(null as date) as evidence_date,
        cast(null as string) as evidence_source
    from {{ ref('ind_vac_pert_preg__unobservable') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2022-04-12' as date)
    union all
    select
        'COPD-VAC' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_copd_vac__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2024-01-01' as date)
    union all
    select
        'COPD-VAC' as indicator_id,
        '1' as indicator_version,
        'unobservable' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        cast(null as date) as evidence_date,
        cast(null as string) as evidence_source
    from {{ ref('ind_copd_vac__unobservable') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2024-01-01' as date)
    union all
    select
        'FMT-FLU' as indicator_id,
        '2026' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_fmt_flu_2026__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2026-01-01' as date)
    union all
    select
        'FMT-FLU' as indicator_id,
        '2026' as indicator_version,
        'unobservable' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        cast(null as date) as evidence_date,
        cast(null as string) as evidence_source
    from {{ ref('ind_fmt_flu_2026__unobservable') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2026-01-01' as date)
    union all
    select
        'FMT-COVID' as indicator_id,
        '2026' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_fmt_covid_2026__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2026-01-01' as date)
    union all
    select
        'FMT-COVID' as indicator_id,
        '2026' as indicator_version,
        'unobservable' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        cast(null as date) as evidence_date,
        cast(null as string) as evidence_source
    from {{ ref('ind_fmt_covid_2026__unobservable') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2026-01-01' as date)
    union all
    select
        'FMT-PNEU' as indicator_id,
        '2026' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_fmt_pneu_2026__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2026-01-01' as date)
    union all
    select
        'FMT-PNEU' as indicator_id,
        '2026' as indicator_version,
        'unobservable' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        cast(null as date) as evidence_date,
        cast(null as string) as evidence_source
    from {{ ref('ind_fmt_pneu_2026__unobservable') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2026-01-01' as date)
    union all
    select
        'FMT-MMR' as indicator_id,
        '2026' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_fmt_mmr_2026__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2026-01-01' as date)
    union all
    select
        'FMT-MMR' as indicator_id,
        '2026' as indicator_version,
        'unobservable' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        cast(null as date) as evidence_date,
        cast(null as string) as evidence_source
    from {{ ref('ind_fmt_mmr_2026__unobservable') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2026-01-01' as date)
    union all
    select
        'FMT-MEN' as indicator_id,
        '2026' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_fmt_men_2026__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2026-01-01' as date)
    union all
    select
        'FMT-MEN' as indicator_id,
        '2026' as indicator_version,
        'unobservable' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        cast(null as date) as evidence_date,
        cast(null as string) as evidence_source
    from {{ ref('ind_fmt_men_2026__unobservable') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2026-01-01' as date)
    union all
    select
        'FMT-HPV' as indicator_id,
        '2026' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_fmt_hpv_2026__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2026-01-01' as date)
    union all
    select
        'FMT-HPV' as indicator_id,
        '2026' as indicator_version,
        'unobservable' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        cast(null as date) as evidence_date,
        cast(null as string) as evidence_source
    from {{ ref('ind_fmt_hpv_2026__unobservable') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2026-01-01' as date)
    union all
    select
        'FMT-BRE' as indicator_id,
        '2026' as indicator_version,
        'exclusion' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        cast(null as date) as evidence_date,
        cast(null as string) as evidence_source
    from {{ ref('ind_fmt_bre_2026__exclusion') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2026-01-01' as date)
    union all
    select
        'FMT-BRE' as indicator_id,
        '2026' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_fmt_bre_2026__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2026-01-01' as date)
    union all
    select
        'FMT-CER' as indicator_id,
        '2026' as indicator_version,
        'exclusion' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        cast(null as date) as evidence_date,
        cast(null as string) as evidence_source
    from {{ ref('ind_fmt_cer_2026__exclusion') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2026-01-01' as date)
    union all
    select
        'FMT-CER' as indicator_id,
        '2026' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_fmt_cer_2026__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2026-01-01' as date)
    union all
    select
        'FMT-CER' as indicator_id,
        '2026' as indicator_version,
        'unobservable' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        cast(null as date) as evidence_date,
        cast(null as string) as evidence_source
    from {{ ref('ind_fmt_cer_2026__unobservable') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2026-01-01' as date)
    union all
    select
        'FMT-CRC' as indicator_id,
        '2026' as indicator_version,
        'exclusion' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        cast(null as date) as evidence_date,
        cast(null as string) as evidence_source
    from {{ ref('ind_fmt_crc_2026__exclusion') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2026-01-01' as date)
    union all
    select
        'FMT-CRC' as indicator_id,
        '2026' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_fmt_crc_2026__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2026-01-01' as date)
    union all
    select
        'FMT-CRC' as indicator_id,
        '2026' as indicator_version,
        'declined' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_fmt_crc_2026__declined') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2026-01-01' as date)
    union all
    select
        'FMT-CRC' as indicator_id,
        '2026' as indicator_version,
        'unobservable' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        cast(null as date) as evidence_date,
        cast(null as string) as evidence_source
    from {{ ref('ind_fmt_crc_2026__unobservable') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2026-01-01' as date)
    union all
    select
        'FMT-HBA1C' as indicator_id,
        '2026' as indicator_version,
        'exclusion' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        cast(null as date) as evidence_date,
        cast(null as string) as evidence_source
    from {{ ref('ind_fmt_hba1c_2026__exclusion') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2026-01-01' as date)
    union all
    select
        'FMT-HBA1C' as indicator_id,
        '2026' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_fmt_hba1c_2026__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2026-01-01' as date)
    union all
    select
        'DQ-ALC' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_dq_alc__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'DQ-FH' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_dq_fh__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'DQ-IND' as indicator_id,
        '1' as indicator_version,
        'exclusion' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        cast(null as date) as evidence_date,
        cast(null as string) as evidence_source
    from {{ ref('ind_dq_ind__exclusion') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'DQ-IND' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_dq_ind__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'DQ-PBL' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_dq_pbl__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'BZD-ANX' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_bzd_anx__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'BZD-HYP' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_bzd_hyp__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'OUT-STOP' as indicator_id,
        '1' as indicator_version,
        'exclusion' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        cast(null as date) as evidence_date,
        cast(null as string) as evidence_source
    from {{ ref('ind_out_stop__exclusion') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'OUT-STOP' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_out_stop__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'OUT-NOMT' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_out_nomt__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'OUT-NOMT' as indicator_id,
        '1' as indicator_version,
        'unobservable' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        cast(null as date) as evidence_date,
        cast(null as string) as evidence_source
    from {{ ref('ind_out_nomt__unobservable') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'OUT-ALD' as indicator_id,
        '1' as indicator_version,
        'exclusion' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        cast(null as date) as evidence_date,
        cast(null as string) as evidence_source
    from {{ ref('ind_out_ald__exclusion') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'OUT-ALD' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_out_ald__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'OUT-RES' as indicator_id,
        '1' as indicator_version,
        'exclusion' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        cast(null as date) as evidence_date,
        cast(null as string) as evidence_source
    from {{ ref('ind_out_res__exclusion') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'OUT-RES' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_out_res__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'FMT-DENT' as indicator_id,
        '2026' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_fmt_dent_2026__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2026-01-01' as date)
    union all
    select
        'POLY5-CUM65' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_poly5_cum65__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'POLY5-CUM75' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_poly5_cum75__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'POLY10-CUM65' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_poly10_cum65__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'POLY10-CUM75' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_poly10_cum75__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'SCR-CER-HPV' as indicator_id,
        '1' as indicator_version,
        'exclusion' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        cast(null as date) as evidence_date,
        cast(null as string) as evidence_source
    from {{ ref('ind_scr_cer_hpv__exclusion') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'SCR-CER-HPV' as indicator_id,
        '1' as indicator_version,
        'numerator' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        cast(null as string) as reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_scr_cer_hpv__numerator') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
    union all
    select
        'SCR-CER-HPV' as indicator_id,
        '1' as indicator_version,
        'not_met' as part,
        part.unit_key,
        part.valid_from,
        part.valid_to,
        part.reason_code,
        part.evidence_date,
        part.evidence_source
    from {{ ref('ind_scr_cer_hpv__not_met') }} as part
    where
        part.valid_from < part.valid_to
        and part.valid_to > cast('2015-01-01' as date)
),

-- A join, not a condition: Spark would push a condition into every branch of the stack.
member as (
    select distinct
        denominator_part.indicator_id,
        denominator_part.indicator_version,
        denominator_part.unit_key
    from denominator_part
)

select distinct
    denominator_part.indicator_id,
    denominator_part.indicator_version,
    'denominator' as part,
    denominator_part.unit_key,
    denominator_part.valid_from,
    denominator_part.valid_to,
    cast(null as string) as reason_code,
    cast(null as date) as evidence_date,
    cast(null as string) as evidence_source
from denominator_part
union all
select distinct
    other_part.indicator_id,
    other_part.indicator_version,
    other_part.part,
    other_part.unit_key,
    other_part.valid_from,
    other_part.valid_to,
    other_part.reason_code,
    other_part.evidence_date,
    other_part.evidence_source
from other_part
inner join member
    on
        other_part.unit_key = member.unit_key
        and other_part.indicator_id = member.indicator_id
        and other_part.indicator_version = member.indicator_version
