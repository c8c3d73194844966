-- Generated from the folders of measures by `p4dp indicator generate`: do not edit.
-- Evidence is kept for people of the denominator only.
select
    'SCR-CRC-PART' as indicator_id,
    '1' as indicator_version,
    'denominator' as part,
    part.unit_key,
    part.valid_from,
    part.valid_to,
    cast(null as string) as reason_code,
    cast(null as date) as evidence_date,
    cast(null as string) as evidence_source
from {{ ref('ind_scr_crc_part__denominator') }} as part
where
    part.valid_from < part.valid_to
union all
select distinct
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
    and part.unit_key in (select member.unit_key from {{ ref('ind_scr_crc_part__denominator') }} as member)
union all
select distinct
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
    and part.unit_key in (select member.unit_key from {{ ref('ind_scr_crc_part__denominator') }} as member)
union all
select
    'SCR-CRC-ELIG' as indicator_id,
    '1' as indicator_version,
    'denominator' as part,
    part.unit_key,
    part.valid_from,
    part.valid_to,
    cast(null as string) as reason_code,
    cast(null as date) as evidence_date,
    cast(null as string) as evidence_source
from {{ ref('ind_scr_crc_elig__denominator') }} as part
where
    part.valid_from < part.valid_to
union all
select distinct
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
    and part.unit_key in (select member.unit_key from {{ ref('ind_scr_crc_elig__denominator') }} as member)
union all
select distinct
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
    and part.unit_key in (select member.unit_key from {{ ref('ind_scr_crc_elig__denominator') }} as member)
union all
select distinct
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
    and part.unit_key in (select member.unit_key from {{ ref('ind_scr_crc_elig__denominator') }} as member)
union all
select
    'SCR-CRC-COV' as indicator_id,
    '1' as indicator_version,
    'denominator' as part,
    part.unit_key,
    part.valid_from,
    part.valid_to,
    cast(null as string) as reason_code,
    cast(null as date) as evidence_date,
    cast(null as string) as evidence_source
from {{ ref('ind_scr_crc_cov__denominator') }} as part
where
    part.valid_from < part.valid_to
union all
select distinct
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
    and part.unit_key in (select member.unit_key from {{ ref('ind_scr_crc_cov__denominator') }} as member)
union all
select distinct
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
    and part.unit_key in (select member.unit_key from {{ ref('ind_scr_crc_cov__denominator') }} as member)
union all
select
    'CV-SCORE2' as indicator_id,
    '1' as indicator_version,
    'denominator' as part,
    part.unit_key,
    part.valid_from,
    part.valid_to,
    cast(null as string) as reason_code,
    cast(null as date) as evidence_date,
    cast(null as string) as evidence_source
from {{ ref('ind_cv_score2__denominator') }} as part
where
    part.valid_from < part.valid_to
union all
select distinct
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
    and part.unit_key in (select member.unit_key from {{ ref('ind_cv_score2__denominator') }} as member)
union all
select distinct
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
    and part.unit_key in (select member.unit_key from {{ ref('ind_cv_score2__denominator') }} as member)
union all
select
    'OUT-GP12' as indicator_id,
    '1' as indicator_version,
    'denominator' as part,
    part.unit_key,
    part.valid_from,
    part.valid_to,
    cast(null as string) as reason_code,
    cast(null as date) as evidence_date,
    cast(null as string) as evidence_source
from {{ ref('ind_out_gp12__denominator') }} as part
where
    part.valid_from < part.valid_to
union all
select distinct
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
    and part.unit_key in (select member.unit_key from {{ ref('ind_out_gp12__denominator') }} as member)
