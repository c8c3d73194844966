-- Where no pack was entered, the substance found in the text at the practice counts.
select
    {{ version_columns('medirel', "'prescription:' || num_prescription") }},
    cast(1 as integer) as coding_rank,
    'consultation:' || num_consultation as encounter_record_id,
    praticien_pseudo as practitioner_pseudo,
    {{ french_date('date_prescription') }} as prescription_date,
    coalesce({{ pack_code('code_cip13') }}, libelle_code) as prescription_code,
    case when nullif(trim(code_cip13), '') is null and libelle_code is not null then 'ATC' else 'CIP13' end
        as prescription_system,
    cast(nb_boites as double) as box_count,
    duree_jours as duration_days
from {{ source('medirel', 'prescription') }}
