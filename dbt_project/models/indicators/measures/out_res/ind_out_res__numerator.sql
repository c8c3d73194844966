with dispensed as (
    select unit_key, judged_from as valid_from, judged_to as valid_to, dispensed_date
    from {{ ref('int_pathway__initiation') }}
    where dispensed_date is not null
)

select
    dispensed.unit_key,
    dispensed.valid_from,
    dispensed.valid_to,
    dispensed.dispensed_date as evidence_date,
    'snds' as evidence_source
from dispensed
left join {{ ref('int_pathway__initiation') }} as missing
    on
        dispensed.unit_key = missing.unit_key
        and missing.dispensed_date is null
        and dispensed.valid_to > missing.judged_from
        and dispensed.valid_from < missing.judged_to
where missing.unit_key is null
