select
    {{ version_columns('medirel', "'acte:' || num_acte") }},
    cast(1 as integer) as coding_rank,
    praticien_pseudo as practitioner_pseudo,
    {{ french_date('date_acte') }} as procedure_date,
    upper(nullif(trim(code_ccam), '')) as procedure_code,
    'CCAM' as procedure_system,
    cast(1 as bigint) as quantity,
    'ehr' as setting
from {{ source('medirel', 'acte') }}
