select
    {{ version_columns('dosmed', "'element:' || element_id") }},
    cast(1 as integer) as coding_rank,
    date_element as vaccination_date,
    case
        when upper(systeme) in ('CIP', 'CIP7', 'CIP13') then {{ pack_code('code') }}
        else upper(nullif(trim(code), ''))
    end as vaccination_code,
    case
        when upper(systeme) = 'ATC' then 'ATC'
        when upper(systeme) in ('CIP', 'CIP7', 'CIP13') then 'CIP13'
        else 'dosmed:local'
    end as vaccination_system,
    cast(null as string) as valence_code
from {{ ref('stg_dosmed__element') }}
where rubrique = 'VACCIN'
