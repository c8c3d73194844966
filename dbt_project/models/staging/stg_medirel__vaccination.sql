select
    {{ version_columns('medirel', "'vaccination:' || num_vaccination") }},
    cast(1 as integer) as coding_rank,
    {{ french_date('date_vaccination') }} as vaccination_date,
    coalesce({{ pack_code('code_cip13') }}, nullif(trim(valence), '')) as vaccination_code,
    case when nullif(trim(code_cip13), '') is not null then 'CIP13' else 'medirel:valence' end as vaccination_system,
    upper(nullif(trim(valence), '')) as valence_code
from {{ source('medirel', 'vaccination') }}
