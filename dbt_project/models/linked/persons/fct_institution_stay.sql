-- Life in a nursing home or long-stay unit: the file of stays first, claims marked as made there second. Marked months less
-- than half a year apart, or touching a stay, are one: most residents have claims without a mark. No mark means nothing.
with stays as (
    select
        person_key,
        start_date,
        coalesce({{ add_days('end_date', 1) }}, {{ open_end() }}) as end_date,
        1 as is_reported,
        0 as is_claimed
    from {{ ref('int_linked__institution_stay') }}
    where {{ is_due_person() }}
),

marks as (
    select
        person_key,
        month_start_date as start_date,
        {{ add_months('month_start_date', 1) }} as end_date,
        0 as is_reported,
        1 as is_claimed
    from {{ ref('fct_claim_month') }}
    where
        is_in_nursing_home
        and {{ is_due_person() }}
),

spans as (
    select distinct person_key, start_date, end_date, is_reported, is_claimed
    from stays
    union all
    select distinct person_key, start_date, end_date, is_reported, is_claimed
    from marks
),

reached as (
    select
        spans.*,
        max(end_date) over (
            partition by person_key
            order by start_date nulls first, end_date nulls first, is_reported nulls first
            rows between unbounded preceding and 1 preceding
        ) as reached_date
    from spans
),

blocks as (
    select
        reached.*,
        sum(case when reached_date is null or start_date > {{ add_months('reached_date', 6) }} then 1 else 0 end) over (
            partition by person_key
            order by start_date nulls first, end_date nulls first, is_reported nulls first
            rows between unbounded preceding and current row
        ) as stay_number
    from reached
),

final as (
    select
        person_key,
        stay_number,
        min(start_date) as first_date,
        min(case when is_reported = 1 then start_date end) as reported_date,
        max(end_date) as last_date,
        max(is_reported) = 1 as is_reported,
        max(is_claimed) = 1 as is_claimed
    from blocks
    group by person_key, stay_number
)

select
    person_key,
    cast(stay_number as integer) as stay_number,
    -- a month marked before the stay's own first day began with it: the stay's day is exact
    case
        when {{ month_start('reported_date') }} = first_date then reported_date
        else first_date
    end as start_date,
    case when last_date < {{ open_end() }} then last_date end as end_date,
    is_reported,
    is_claimed
from final
