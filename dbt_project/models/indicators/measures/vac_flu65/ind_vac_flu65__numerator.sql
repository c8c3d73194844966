-- A dose of a season counts until the next season opens.
select distinct
    unit_key,
    event_date as valid_from,
    case
        when extract(month from event_date) >= 9
            then make_date(cast(extract(year from event_date) as integer) + 1, 9, 1)
        else make_date(cast(extract(year from event_date) as integer), 9, 1)
    end as valid_to,
    event_date as evidence_date,
    evidence_source
from {{ ref('int_indicators__event') }}
where
    list_name in ('vaccinated_influenza', 'vaccine_flu', 'flu_vaccine_dispensed', 'flu_vaccination_pharmacist')
    and entity in ('vaccination', 'dispensing', 'procedure')
    and (extract(month from event_date) >= 9 or extract(month from event_date) <= 3)
