with given as (
    select
        unit_key,
        case when list_name = 'arni' then 'ras_arni' else list_name end as condition_name,
        evidence_source,
        event_date as valid_from,
        {{ window_end('event_date', 4) }} as valid_to
    from {{ ref('int_indicators__event') }}
    where
        list_name in ('ras_arni', 'arni', 'beta_blocker', 'mra', 'sglt2_heart')
        and entity in ('prescription', 'dispensing')
),

merged as (
    {{ merged_intervals('given', ['unit_key', 'condition_name']) }}
),

complete as (
    {{ where_all_hold('merged', ['unit_key'], 4) }}
)

select
    complete.unit_key,
    complete.valid_from,
    complete.valid_to,
    complete.valid_from as evidence_date,
    max(given.evidence_source) as evidence_source
from complete
inner join given
    on
        complete.unit_key = given.unit_key
        and complete.valid_from >= given.valid_from
        and complete.valid_from < given.valid_to
group by complete.unit_key, complete.valid_from, complete.valid_to
