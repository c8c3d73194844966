select
    {{ version_columns('medirel', "'prescription:' || num_prescription") }},
    cast(1 as integer) as coding_rank,
    'consultation:' || num_consultation as encounter_record_id,
    praticien_pseudo as practitioner_pseudo,
    {{ french_date('date_prescription') }} as prescription_date,
    nullif(trim(code_cip13), '') as prescription_code,
    'CIP13' as prescription_system,
    cast(nb_boites as double) as box_count,
    duree_jours as duration_days
from {{ source('medirel', 'prescription') }}
