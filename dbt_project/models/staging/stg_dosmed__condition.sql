-- Where no code was entered, the one found in the text at the practice counts.
select
    {{ version_columns('dosmed', "'element:' || element_id") }},
    cast(1 as integer) as coding_rank,
    'evenement:' || evenement_id as encounter_record_id,
    date_element as condition_date,
    case
        when nullif(trim(code), '') is null then text_code
        else {{ plain_code('code', "case upper(systeme) when 'CIM10' then 'CIM-10' else systeme end") }}
    end as condition_code,
    case
        when nullif(trim(code), '') is null and text_code is not null then text_system
        when upper(systeme) = 'CIM10' then 'CIM-10'
        when upper(systeme) = 'CISP2' then 'CISP-2'
        else coalesce(systeme, 'unknown')
    end as condition_system,
    date_element as start_date,
    {{ french_date('date_fin') }} as end_date,
    case lower(statut) when 'actif' then true when 'clos' then false end as is_active
from {{ ref('stg_dosmed__element') }}
where rubrique = 'DIAGNOSTIC'
