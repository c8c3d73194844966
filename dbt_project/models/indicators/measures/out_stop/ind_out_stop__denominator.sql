-- Two treatments can begin and end on the same days.
select distinct
    treatment.unit_key,
    treatment.judged_from as valid_from,
    least(treatment.judged_to, unit.life_end_date) as valid_to
from {{ ref('int_prescribing__long_treatment') }} as treatment
inner join {{ ref('int_indicators__unit') }} as unit on treatment.unit_key = unit.unit_key
