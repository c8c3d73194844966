select
    {{ version_columns('dosmed', "'element:' || element_id") }},
    cast(1 as integer) as coding_rank,
    'evenement:' || evenement_id as encounter_record_id,
    cast(null as string) as practitioner_pseudo,
    date_element as prescription_date,
    upper(nullif(trim(code), '')) as prescription_code,
    case upper(systeme) when 'CIP' then 'CIP13' when 'CIP13' then 'CIP13' else coalesce(upper(systeme), 'unknown') end
        as prescription_system,
    {{ leading_number('quantite') }} as box_count,
    case
        when {{ leading_number('duree_jours') }} between 0 and 36500
            then cast(round({{ leading_number('duree_jours') }}) as integer)
    end as duration_days
from {{ ref('stg_dosmed__element') }}
where rubrique = 'TRAITEMENT'
