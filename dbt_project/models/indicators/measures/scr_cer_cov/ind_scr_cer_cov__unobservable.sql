-- These codes do not say whether the cervix remains.
{{ excluded_by_lists(ref('int_indicators__event'), ['hysterectomy_obstetric', 'genital_organ_absence'], 'cervix_uncertain') }}
union all
-- From 30 years an HPV test of five years counts: claims must reach back as far.
select
    observation.unit_key,
    {{ age_reached('unit.birth_month_date', 30) }} as valid_from,
    {{ observable_from('observation.claims_from_date', 60) }} as valid_to,
    'claims_window_not_covered' as reason_code
from {{ ref('int_indicators__observation') }} as observation
inner join {{ ref('int_indicators__unit') }} as unit on observation.unit_key = unit.unit_key
where observation.claims_from_date is not null and unit.birth_month_date is not null
