-- Months from which a practice or a vendor records durably more or less than before, and its peers do not.
-- Three months before against three from the month on, in records per practice, over the same ratio among
-- all other units of the level; kept where the change is at least by a third, stands out of chance (Poisson
-- counts, six standard errors) and is the largest within five months around. One unit alone has no peers:
-- its own ratio counts.
with months as (
    select
        unit_level,
        vendor,
        practice_key,
        entity,
        month_start_date,
        record_count,
        practice_count
    from {{ ref('fct_completeness_month') }}
),

totals as (
    select
        unit_level,
        entity,
        month_start_date,
        sum(record_count) as total_count,
        sum(practice_count) as total_practice_count
    from months
    group by unit_level, entity, month_start_date
),

rates as (
    select
        months.*,
        totals.total_count - months.record_count as peer_count,
        totals.total_practice_count - months.practice_count as peer_practice_count,
        1 as month_count
    from months
    inner join totals
        on
            months.unit_level = totals.unit_level
            and months.entity = totals.entity
            and months.month_start_date = totals.month_start_date
),

windows as (
    select
        unit_level,
        vendor,
        practice_key,
        entity,
        {% for side, frame in {
            'before': '3 preceding and 1 preceding', 'after': 'current row and 2 following',
        }.items() %}
            {% for column in ['record_count', 'practice_count', 'peer_count', 'peer_practice_count', 'month_count'] %}
                sum({{ column }}) over (
                    partition by unit_level, vendor, practice_key, entity
                    order by month_start_date asc nulls first
                    rows between {{ frame }}
                ) as {{ column }}_{{ side }},
            {% endfor %}
        {% endfor %}
        month_start_date
    from rates
),

-- Half a record is added to each count so that a fall to nothing has a size.
compared as (
    select
        *,
        ln({{ ratio('record_count_after + 0.5', 'practice_count_after') }})
        - ln({{ ratio('record_count_before + 0.5', 'practice_count_before') }}) as own_change,
        case
            when peer_practice_count_before > 0 and peer_practice_count_after > 0
                then
                    ln({{ ratio('peer_count_after + 0.5', 'peer_practice_count_after') }})
                    - ln({{ ratio('peer_count_before + 0.5', 'peer_practice_count_before') }})
            else cast(0 as double)
        end as peer_change,
        sqrt(
            {{ ratio('1', 'record_count_after + 0.5') }}
            + {{ ratio('1', 'record_count_before + 0.5') }}
            + case when peer_practice_count_before > 0 then {{ ratio('1', 'peer_count_after + 0.5') }} else 0 end
            + case when peer_practice_count_before > 0 then {{ ratio('1', 'peer_count_before + 0.5') }} else 0 end
        ) as standard_error
    from windows
    where
        month_count_before = 3
        and month_count_after = 3
        and record_count_before + record_count_after > 0
),

scored as (
    select
        *,
        own_change - peer_change as log_change,
        {{ round_to(ratio('own_change - peer_change', 'standard_error'), 6) }} as score
    from compared
),

peaks as (
    select
        *,
        max(abs(score)) over (
            partition by unit_level, vendor, practice_key, entity
            order by month_start_date asc nulls first
            rows between 2 preceding and 2 following
        ) as highest_score
    from scored
)

select
    unit_level,
    vendor,
    practice_key,
    entity,
    month_start_date,
    cast(record_count_before as bigint) as before_count,
    cast(record_count_after as bigint) as after_count,
    {{ round_to('exp(log_change)', 6) }} as change_ratio,
    score,
    case when log_change > 0 then 'rise' else 'fall' end as direction
from peaks
where
    abs(score) = highest_score
    and abs(score) >= 6
    and abs(log_change) >= ln(cast(4 as double) / 3)
