-- The seed counts first; codes that neither it nor the seed of communes knows come from the official file the user loaded.
-- INSEE numbers the events: 30 to 33 end a commune (31 to 33 in another), 41 and 50 give it another code, 20 and 21 make one.
with known as (
    select
        former_code,
        commune_code,
        valid_from,
        source
    from {{ ref('commune_change') }}
),

events as (
    select
        event_type,
        event_date,
        code_before,
        code_after
    from {{ source('reference', 'commune_movement') }}
    -- an extent that changed, or a commune that lives on within another under its code
    where code_before <> code_after
),

ended as (
    select
        code_before,
        max(event_date) as event_date
    from events
    where event_type in (30, 31, 32, 33, 41, 50)
    group by code_before
),

begun as (
    select
        code_after,
        max(event_date) as event_date
    from events
    where event_type in (20, 21, 31, 32, 33, 41, 50)
    group by code_after
),

-- Out of use for good, and where all of it went: a commune divided among several is none of them.
official as (
    select
        ended.code_before as former_code,
        min(events.code_after) as commune_code,
        ended.event_date as valid_from,
        'INSEE movements as loaded' as source
    from ended
    inner join events
        on
            ended.code_before = events.code_before
            and ended.event_date = events.event_date
    left join begun
        on ended.code_before = begun.code_after
    left join known
        on ended.code_before = known.former_code
    left join {{ ref('territory') }} as territory
        on ended.code_before = territory.commune_code
    where
        events.event_type in (30, 31, 32, 33, 41, 50)
        and (begun.event_date is null or begun.event_date <= ended.event_date)
        and known.former_code is null
        and territory.commune_code is null
    group by ended.code_before, ended.event_date
    having count(distinct events.code_after) = 1
),

changes_0 as (
    select former_code, commune_code, valid_from, source from known
    union all
    select former_code, commune_code, valid_from, source from official
),

-- What a commune went into may have gone into another since.
{% for round in range(3) -%}
    changes_{{ round + 1 }} as (
        select
            change.former_code,
            coalesce(later.commune_code, change.commune_code) as commune_code,
            coalesce(later.valid_from, change.valid_from) as valid_from,
            change.source
        from changes_{{ round }} as change
        left join changes_{{ round }} as later
            on change.commune_code = later.former_code
    ){% if not loop.last %},{% endif %}

{% endfor %}
select
    former_code,
    commune_code,
    valid_from,
    source
from changes_3
