-- Where no code was entered, the substance found in the text at the practice counts.
select
    {{ version_columns('dosmed', "'element:' || element_id") }},
    cast(1 as integer) as coding_rank,
    'evenement:' || evenement_id as encounter_record_id,
    cast(null as string) as practitioner_pseudo,
    date_element as prescription_date,
    case
        when nullif(trim(code), '') is null then text_code
        when upper(systeme) in ('CIP', 'CIP7', 'CIP13') then {{ pack_code('code') }}
        else upper(trim(code))
    end as prescription_code,
    case
        when nullif(trim(code), '') is null and text_code is not null then text_system
        when upper(systeme) in ('CIP', 'CIP7', 'CIP13') then 'CIP13'
        else coalesce(upper(systeme), 'unknown')
    end as prescription_system,
    {{ leading_number('quantite') }} as box_count,
    case
        when {{ leading_number('duree_jours') }} between 0 and 36500
            then cast(round({{ leading_number('duree_jours') }}) as integer)
    end as duration_days
from {{ ref('stg_dosmed__element') }}
where rubrique = 'TRAITEMENT'
