select
    {{ version_columns('dosmed', "'element:' || element_id") }},
    cast(1 as integer) as coding_rank,
    cast(null as string) as practitioner_pseudo,
    date_element as procedure_date,
    {{ known_code('upper(code)', 'upper(systeme)') }} as procedure_code,
    coalesce(upper(systeme), 'unknown') as procedure_system,
    cast(1 as bigint) as quantity,
    'ehr' as setting
from {{ ref('stg_dosmed__element') }}
where rubrique = 'ACTE'
