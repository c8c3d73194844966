select
    {{ version_columns('dosmed', "'element:' || element_id") }},
    cast(1 as integer) as coding_rank,
    date_element as vaccination_date,
    upper(nullif(trim(code), '')) as vaccination_code,
    case upper(systeme)
        when 'ATC' then 'ATC'
        when 'CIP' then 'CIP13'
        when 'CIP13' then 'CIP13'
        else 'dosmed:local'
    end as vaccination_system,
    cast(null as string) as valence_code
from {{ ref('stg_dosmed__element') }}
where rubrique = 'VACCIN'
