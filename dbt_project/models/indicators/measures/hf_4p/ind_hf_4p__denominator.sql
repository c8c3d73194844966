-- From the first ejection fraction of 40 % or less; without one, reduced is not known.
select
    unit.unit_key,
    greatest(disease.case_date, ejection.value_date) as valid_from,
    unit.life_end_date as valid_to
from {{ ref('int_indicators__case') }} as disease
inner join {{ ref('int_indicators__unit') }} as unit on disease.unit_key = unit.unit_key
inner join (
    select unit_key, min(value_date) as value_date
    from {{ ref('int_indicators__value') }}
    where measure = 'lvef' and value <= 40
    group by unit_key
) as ejection
    on disease.unit_key = ejection.unit_key
where disease.case_name = 'heart_failure'
