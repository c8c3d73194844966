-- The reviewed seed counts first; packs it does not know come from the official files the user loaded.
select
    cip13,
    atc_code,
    source
from {{ ref('cip_atc') }}
union all
select
    pack.cip13,
    pack.atc_code,
    'BDPM as loaded, ATC ' || pack.atc_source as source
from {{ source('reference', 'medicine_pack') }} as pack
left join {{ ref('cip_atc') }} as known
    on pack.cip13 = known.cip13
where
    known.cip13 is null
    and pack.atc_code is not null
