-- 7 % for most, 8 % for frail people; dementia and palliative care stand for frailty, which is not recorded as such.
with frail as (
    select unit_key, min(event_date) as frail_date
    from {{ ref('int_indicators__event') }}
    where
        list_name in ('dementia', 'palliative')
        and entity in ('condition', 'long_term_illness', 'hospital_diagnosis')
    group by unit_key
)

select
    result.unit_key,
    case when result.is_on_target then result.valid_from else greatest(result.valid_from, frail.frail_date) end as valid_from,
    result.valid_to,
    result.evidence_date,
    'ehr' as evidence_source
from {{ ref('int_indicators__hba1c') }} as result
left join frail on result.unit_key = frail.unit_key
-- NGSP = 0.09148 IFCC + 2.152
where result.is_on_target or (frail.frail_date is not null and result.hba1c_mmol_mol * 0.09148 + 2.152 <= 8.0)
