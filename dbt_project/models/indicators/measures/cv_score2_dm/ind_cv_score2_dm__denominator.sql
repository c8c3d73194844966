select diabetic.unit_key, diabetic.valid_from, diabetic.valid_to
from (
    {{ people_with_case(ref('int_indicators__unit'), ref('int_indicators__case'), ['diabetes'], 40, 70) }}
) as diabetic
inner join {{ ref('int_indicators__unit') }} as person on diabetic.unit_key = person.unit_key
where person.sex in ('M', 'F')
