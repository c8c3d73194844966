-- A version holds from the first delivery that names it, from where the delivery before it ended: an export of the whole
-- record under a new version does not make the past recorded under it.
with delivery as (
    select
        practice_pseudo,
        vendor,
        coalesce(software_version, '') as software_version,
        period_start,
        lag(vendor) over practice_order as earlier_vendor,
        lag(coalesce(software_version, '')) over practice_order as earlier_version,
        lag(period_end) over practice_order as earlier_period_end
    from {{ ref('stg_delivery') }}
    where practice_pseudo is not null and period_start is not null
    window practice_order as (
        partition by practice_pseudo
        order by period_end nulls first, version_order nulls first, source nulls first
    )
),

started as (
    select
        practice_pseudo,
        vendor,
        software_version,
        earlier_vendor is not null as is_change,
        greatest(period_start, coalesce({{ add_days('earlier_period_end', 1) }}, period_start)) as valid_from
    from delivery
    where
        earlier_vendor is null
        or earlier_vendor != vendor
        or earlier_version != software_version
),

-- Two changes on one day: the later delivery's.
kept as (
    select *
    from started
    qualify
        row_number() over (
            partition by practice_pseudo, valid_from
            order by is_change desc nulls last, vendor desc nulls last, software_version desc nulls last
        ) = 1
)

select
    {{ surrogate_key(['practice_pseudo']) }} as practice_key,
    vendor,
    software_version,
    is_change,
    valid_from,
    lead(valid_from) over (partition by practice_pseudo order by valid_from nulls first) as valid_to
from kept
