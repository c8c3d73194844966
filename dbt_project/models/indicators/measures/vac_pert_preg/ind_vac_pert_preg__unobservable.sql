-- A booster whose kind is not known may have held whooping cough.
select distinct
    pregnancy.unit_key,
    pregnancy.judged_from as valid_from,
    pregnancy.judged_to as valid_to,
    'vaccine_type_unknown' as reason_code
from {{ ref('int_vaccination__pregnancy') }} as pregnancy
inner join {{ ref('int_vaccination__dose') }} as dose
    on
        pregnancy.unit_key = dose.unit_key
        and pregnancy.start_date <= dose.dose_date
        and pregnancy.judged_from > dose.dose_date
where dose.antigen = 'dtp' and dose.product is null
