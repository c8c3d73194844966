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
    greatest(complete.valid_from, ejection.reduced_date) as valid_from,
    complete.valid_to,
    complete.valid_from as evidence_date,
    max(given.evidence_source) as evidence_source
from complete
-- Without a reduced ejection fraction four classes prove nothing.
inner join (
    select unit_key, min(value_date) as reduced_date
    from {{ ref('int_indicators__value') }}
    where measure = 'lvef' and value <= 40
    group by unit_key
) as ejection
    on complete.unit_key = ejection.unit_key and complete.valid_to > ejection.reduced_date
inner join given
    on
        complete.unit_key = given.unit_key
        and complete.valid_from >= given.valid_from
        and complete.valid_from < given.valid_to
group by complete.unit_key, complete.valid_from, complete.valid_to, ejection.reduced_date
