-- Infections for which an antibiotic is not indicated: no pneumonia within three days on either side, and for a tonsillitis a negative
-- streptococcal test of the same day.
with episode as (
    select distinct event.unit_key, event.event_date as episode_date
    from {{ ref('int_indicators__event') }} as event
    where event.list_name = 'respiratory_infection_viral' and event.entity = 'condition'
    union
    select distinct event.unit_key, event.event_date as episode_date
    from {{ ref('int_indicators__event') }} as event
    inner join {{ ref('int_indicators__value') }} as test
        on
            event.unit_key = test.unit_key
            and event.event_date = test.value_date
            and test.measure = 'strep_test'
            and test.value_code = 'negative'
    where event.list_name = 'tonsillitis' and event.entity = 'condition'
),

pneumonia as (
    select distinct unit_key, event_date
    from {{ ref('int_indicators__event') }}
    where list_name = 'pneumonia' and entity in ('condition', 'hospital_diagnosis')
),

antibiotic as (
    select unit_key, event_date, min(evidence_source) as evidence_source
    from {{ ref('int_indicators__event') }}
    where list_name = 'antibiotic' and entity in ('prescription', 'dispensing')
    group by unit_key, event_date
),

uncomplicated as (
    select episode.unit_key, episode.episode_date
    from episode
    left join pneumonia
        on
            episode.unit_key = pneumonia.unit_key
            and pneumonia.event_date >= {{ add_days('episode.episode_date', -3) }}
            and pneumonia.event_date <= {{ add_days('episode.episode_date', 3) }}
    where pneumonia.unit_key is null
)

select
    uncomplicated.unit_key,
    uncomplicated.episode_date,
    min(antibiotic.event_date) as antibiotic_date,
    min(antibiotic.evidence_source) as evidence_source
from uncomplicated
left join antibiotic
    on
        uncomplicated.unit_key = antibiotic.unit_key
        and uncomplicated.episode_date <= antibiotic.event_date
        and antibiotic.event_date <= {{ add_days('uncomplicated.episode_date', 3) }}
group by uncomplicated.unit_key, uncomplicated.episode_date
