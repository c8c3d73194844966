select
    disease.unit_key,
    disease.case_date as valid_from,
    coalesce(ejection.first_date, {{ open_end() }}) as valid_to,
    'ejection_fraction_missing' as reason_code
from {{ ref('int_indicators__case') }} as disease
left join (
    select unit_key, min(value_date) as first_date
    from {{ ref('int_indicators__value') }}
    where measure = 'lvef' and value is not null
    group by unit_key
) as ejection
    on disease.unit_key = ejection.unit_key
where
    disease.case_name = 'heart_failure'
    and (ejection.first_date is null or ejection.first_date > disease.case_date)
