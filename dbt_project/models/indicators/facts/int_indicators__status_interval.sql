{%- set statuses = ['excluded', 'met', 'declined', 'not_met', 'unknown'] -%}
-- Each status is a number while it holds; the running sum of starts and ends is the status of both bases at each date.
with interval_code as (
    select
        interval.indicator_id,
        interval.indicator_version,
        interval.unit_key,
        interval.valid_from,
        interval.valid_to,
        case interval.status
            {% for status in statuses -%}
                when '{{ status }}' then {{ 2 * loop.index }}
            {% endfor -%}
        end + case when interval.is_observable then 1 else 0 end as status_code
    from {{ ref('int_indicators__unit_interval') }} as interval
    where {{ is_unit_in_work('interval.unit_key') }}
),

pair as (
    select unit_key, person_key, practice_key
    from {{ ref('int_indicators__unit') }}
    where basis = 'record'
),

placed as (
    select
        pair.person_key, pair.practice_key, interval_code.indicator_id, interval_code.indicator_version,
        interval_code.valid_from, interval_code.valid_to, interval_code.status_code as record_code, 0 as linked_code
    from interval_code
    inner join pair on interval_code.unit_key = pair.unit_key
    union all
    -- What is linked holds in every practice of the person; a person without a practice has one row without it.
    select
        unit.person_key, pair.practice_key, interval_code.indicator_id, interval_code.indicator_version,
        interval_code.valid_from, interval_code.valid_to, 0 as record_code, interval_code.status_code as linked_code
    from interval_code
    inner join {{ ref('int_indicators__unit') }} as unit on interval_code.unit_key = unit.unit_key
    left join pair on unit.person_key = pair.person_key
    where unit.basis = 'linked'
),

change as (
    select
        person_key, practice_key, indicator_id, indicator_version, change_date,
        cast(sum(record_change) as bigint) as record_change,
        cast(sum(linked_change) as bigint) as linked_change
    from (
        select
            person_key, practice_key, indicator_id, indicator_version, valid_from as change_date,
            record_code as record_change, linked_code as linked_change
        from placed
        union all
        select
            person_key, practice_key, indicator_id, indicator_version, valid_to as change_date,
            -record_code as record_change, -linked_code as linked_change
        from placed
        where valid_to < {{ open_end() }}
    ) as bound
    group by person_key, practice_key, indicator_id, indicator_version, change_date
),

running as (
    select
        person_key, practice_key, indicator_id, indicator_version, change_date as valid_from_date,
        sum(record_change) over pair_order as record_code,
        sum(linked_change) over pair_order as linked_code,
        lead(change_date) over (
            partition by indicator_id, indicator_version, person_key, practice_key order by change_date nulls first
        ) as valid_to_date
    from change
    window pair_order as (
        partition by indicator_id, indicator_version, person_key, practice_key
        order by change_date nulls first
        rows between unbounded preceding and current row
    )
)

select
    indicator_id,
    indicator_version,
    person_key,
    practice_key,
    {% for basis in ['record', 'linked'] -%}
        case {{ basis }}_code
            {% for status in statuses -%}
                when {{ 2 * loop.index }} then '{{ status }}'
                when {{ 2 * loop.index + 1 }} then '{{ status }}'
            {% endfor -%}
            else 'not_applicable'
        end as {{ basis }}_status,
        {{ basis }}_code % 2 = 1 as {{ basis }}_is_observable,
    {% endfor -%}
    valid_from_date,
    valid_to_date
from running
where record_code > 0 or linked_code > 0
