-- Taking a sample is not reading a test.
{{ evidence_of_tests(ref('int_indicators__test'), ['cytology'], 36) }}
union all
-- An HPV test counts from 30 years on, whenever it was done.
select
    hpv.unit_key,
    greatest(hpv.test_date, {{ age_reached('unit.birth_month_date', 30) }}) as valid_from,
    {{ window_end('hpv.test_date', 60) }} as valid_to,
    hpv.test_date as evidence_date,
    hpv.evidence_source
from {{ ref('int_indicators__test') }} as hpv
inner join {{ ref('int_indicators__unit') }} as unit on hpv.unit_key = unit.unit_key
where hpv.test_name = 'hpv' and unit.birth_month_date is not null
