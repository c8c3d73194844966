select
    line.unit_key,
    {{ add_days('line.start_date', 29) }} as valid_from,
    least({{ window_end('line.start_date', 12) }}, unit.life_end_date) as valid_to
from {{ ref('int_prescribing__treatment_line') }} as line
inner join {{ ref('int_indicators__unit') }} as unit on line.unit_key = unit.unit_key
where line.drug_class = 'bzd_hypnotic' and (line.gap_before_days is null or line.gap_before_days >= 365)
