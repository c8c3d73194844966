-- COVID-19 injections (IR_VAC_F). The table carries a beneficiary number without rank: a number shared by
-- twins names nobody. An injection sent again is the same row.
select
    'snds' as source,
    injection.practice_pseudo,
    {{ beneficiary_pseudo('ranks') }} as patient_pseudo,
    cast(null as string) as record_id,
    cast(1 as integer) as record_line,
    injection.delivery_id,
    injection.delivery_sequence,
    injection.delivery_row,
    cast(1 as integer) as coding_rank,
    injection.exe_soi_dtd as vaccination_date,
    coalesce(cast(injection.pha_prs_c13 as string), 'COVID') as vaccination_code,
    case when injection.pha_prs_c13 is not null then 'CIP13' else 'IR_VAC_F' end as vaccination_system,
    'COVID' as valence_code
from {{ source('snds', 'IR_VAC_F') }} as injection
inner join {{ ref('stg_snds__beneficiary_rank') }} as ranks
    on injection.ben_nir_psa = ranks.ben_nir_psa
where ranks.rank_count = 1
