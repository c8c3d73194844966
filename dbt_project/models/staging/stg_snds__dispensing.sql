select
    'snds' as source,
    claim.practice_pseudo,
    claim.patient_pseudo,
    cast(null as string) as record_id,
    cast(1 as integer) as record_line,
    claim.delivery_id,
    claim.delivery_sequence,
    claim.delivery_row,
    cast(1 as integer) as coding_rank,
    claim.prescribing_pseudo as practitioner_pseudo,
    claim.care_date as dispensing_date,
    cast(drug.pha_prs_c13 as string) as dispensing_code,
    'CIP13' as dispensing_system,
    cast(drug.pha_act_qsn as bigint) as quantity
from {{ ref('stg_snds__claim') }} as claim
inner join {{ source('snds', 'ER_PHA_F') }} as drug
    on {{ same_claim('claim', 'drug') }}
where claim.removal_reason is null
