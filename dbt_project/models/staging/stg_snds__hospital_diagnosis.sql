-- Every diagnosis of a stay with its role.
with stays as (
    select
        source,
        practice_pseudo,
        patient_pseudo,
        record_id,
        delivery_id,
        delivery_sequence,
        delivery_row,
        hospital_code,
        stay_number,
        start_date,
        main_diagnosis_code,
        related_diagnosis_code
    from {{ ref('stg_snds__hospital_stay') }}
),

lines as (
    select
        stays.*,
        main_diagnosis_code as diagnosis_code,
        'main' as diagnosis_role
    from stays
    where main_diagnosis_code is not null
    union all
    select
        stays.*,
        related_diagnosis_code as diagnosis_code,
        'related' as diagnosis_role
    from stays
    where related_diagnosis_code is not null
    union all
    select
        stays.*,
        {{ plain_code('associated.ass_dgn', "'CIM-10'") }} as diagnosis_code,
        'associated' as diagnosis_role
    from stays
    inner join {{ source('snds', 'T_MCOaaD') }} as associated
        on
            stays.delivery_id = associated.delivery_id
            and stays.hospital_code = associated.eta_num
            and stays.stay_number = associated.rsa_num
)

select distinct
    source,
    practice_pseudo,
    patient_pseudo,
    record_id,
    cast(1 as integer) as record_line,
    delivery_id,
    delivery_sequence,
    delivery_row,
    start_date as diagnosis_date,
    diagnosis_code,
    'CIM-10' as diagnosis_system,
    diagnosis_role
from lines
