-- Until an ejection fraction is recorded, whether it is reduced is not known; a first one above 40 % takes people out, one of
-- 40 % or less brings them in for good.
with ejection as (
    select
        unit_key,
        min(value_date) as first_date,
        min(case when value <= 40 then value_date end) as reduced_date
    from {{ ref('int_indicators__value') }}
    where measure = 'lvef' and value is not null
    group by unit_key
),

disease as (
    select unit.unit_key, disease.case_date, unit.life_end_date, ejection.first_date, ejection.reduced_date
    from {{ ref('int_indicators__case') }} as disease
    inner join {{ ref('int_indicators__unit') }} as unit on disease.unit_key = unit.unit_key
    left join ejection on disease.unit_key = ejection.unit_key
    where disease.case_name = 'heart_failure'
),

span as (
    select
        unit_key, case_date as valid_from, least(coalesce(first_date, life_end_date), life_end_date) as valid_to
    from disease
    union all
    select unit_key, greatest(case_date, reduced_date) as valid_from, life_end_date as valid_to
    from disease
    where reduced_date is not null
)

select unit_key, valid_from, valid_to
from (
    {{ merged_intervals('span', ['unit_key']) }}
) as merged
