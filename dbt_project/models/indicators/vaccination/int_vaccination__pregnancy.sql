-- The first code of a pregnancy opens it; codes of the nine months after belong to it. It is judged once nine months are over, for a
-- year.
with visit as (
    select distinct unit_key, event_date
    from {{ ref('int_indicators__event') }}
    where list_name = 'pregnancy' and entity = 'condition'
),

spaced as (
    select
        unit_key,
        event_date,
        lag(event_date) over (partition by unit_key order by event_date nulls first) as previous_date
    from visit
),

opened as (
    select unit_key, event_date as start_date
    from spaced
    where previous_date is null or event_date >= {{ window_end('previous_date', 9) }}
)

select
    unit_key,
    start_date,
    {{ window_end('start_date', 9) }} as judged_from,
    least(
        {{ window_end('start_date', 21) }},
        coalesce(
            {{ window_end('lead(start_date) over (partition by unit_key order by start_date nulls first)', 9) }},
            {{ open_end() }}
        )
    ) as judged_to
from opened
