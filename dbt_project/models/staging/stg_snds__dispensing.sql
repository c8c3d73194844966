-- Boxes of pharmacies in town (ER_PHA_F), and units that hospital pharmacies hand out to people who are not in hospital
-- (ER_UCD_F with UCD_TOP_UCD 0: what is billed beside a stay was given there).
with claims as (
    select
        source,
        practice_pseudo,
        patient_pseudo,
        delivery_id,
        delivery_sequence,
        delivery_row,
        {% for column in claim_key_columns() %}
            {{ column }},
        {% endfor %}
        prescribing_pseudo,
        care_date,
        quantity
    from {{ ref('stg_snds__claim') }}
    where removal_reason is null
),

-- One join for both: the claims are by far the longer table.
handed_out as (
    select
        delivery_id,
        {% for column in claim_key_columns() %}
            {{ column }},
        {% endfor %}
        cast(pha_prs_c13 as string) as dispensing_code,
        'CIP13' as dispensing_system,
        cast(pha_act_qsn as bigint) as units
    from {{ source('snds', 'ER_PHA_F') }}
    union all
    select
        delivery_id,
        {% for column in claim_key_columns() %}
            {{ column }},
        {% endfor %}
        {{ hospital_medicine_code('ucd_ucd_cod') }} as dispensing_code,
        'UCD' as dispensing_system,
        cast(ucd_dlv_nbr as bigint) as units
    from {{ source('snds', 'ER_UCD_F') }}
    where ucd_top_ucd = 0
)

select
    claim.source,
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
    drug.dispensing_code,
    drug.dispensing_system,
    case
        when drug.dispensing_system = 'UCD' then {{ hospital_medicine_units('drug.units', 'claim.quantity') }}
        else drug.units
    end as quantity
from claims as claim
inner join handed_out as drug
    on {{ same_claim('claim', 'drug') }}
