select unit_key, valid_from, valid_to, evidence_date, evidence_source
from {{ ref('ind_scr_crc_cov__numerator') }}
union all
select
    unit_key,
    event_date as valid_from,
    {{ window_end('event_date', 60) }} as valid_to,
    event_date as evidence_date,
    evidence_source
from {{ ref('int_indicators__event') }}
where list_name in ('colonoscopy_partial_or_ambiguous', 'rectosigmoidoscopy', 'virtual_colonoscopy')
