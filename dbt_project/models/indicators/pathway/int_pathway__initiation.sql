-- The first prescription of a class after a year without it, and whether it was dispensed within three months. Known to linked people
-- only: a practice does not see what is dispensed.
with prescribed as (
    select distinct unit_key, list_name as drug_list, event_date
    from {{ ref('int_indicators__event') }}
    where
        entity = 'prescription'
        and list_name in ('antihypertensive_specific', 'antidiabetic_specific', 'lipid_lowering', 'anticoagulant')
),

dispensed as (
    select distinct unit_key, list_name as drug_list, event_date
    from {{ ref('int_indicators__event') }}
    where
        entity = 'dispensing'
        and list_name in ('antihypertensive_specific', 'antidiabetic_specific', 'lipid_lowering', 'anticoagulant')
),

spaced as (
    select
        unit_key,
        drug_list,
        event_date,
        lag(event_date) over (partition by unit_key, drug_list order by event_date nulls first) as previous_date
    from prescribed
),

initiated as (
    select spaced.unit_key, spaced.drug_list, spaced.event_date
    from spaced
    left join dispensed
        on
            spaced.unit_key = dispensed.unit_key
            and spaced.drug_list = dispensed.drug_list
            and spaced.event_date > dispensed.event_date
            and {{ window_end('dispensed.event_date', 12) }} > spaced.event_date
    where
        dispensed.unit_key is null
        and (spaced.previous_date is null or {{ window_end('spaced.previous_date', 12) }} <= spaced.event_date)
)

select
    initiated.unit_key,
    initiated.drug_list,
    initiated.event_date as prescribed_date,
    {{ window_end('initiated.event_date', 3) }} as judged_from,
    {{ window_end('initiated.event_date', 15) }} as judged_to,
    min(dispensed.event_date) as dispensed_date
from initiated
left join dispensed
    on
        initiated.unit_key = dispensed.unit_key
        and initiated.drug_list = dispensed.drug_list
        and initiated.event_date <= dispensed.event_date
        and dispensed.event_date < {{ window_end('initiated.event_date', 3) }}
group by initiated.unit_key, initiated.drug_list, initiated.event_date
