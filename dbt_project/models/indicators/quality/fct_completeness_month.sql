-- How much each practice, and each vendor as a whole, recorded month by month: a month that was delivered
-- and holds nothing shows as nought, a month that was not delivered does not show.
{% set facts = {
    'encounter': 'fct_encounter', 'condition': 'fct_condition', 'prescription': 'fct_prescription',
    'measurement': 'fct_measurement', 'procedure': 'fct_procedure', 'vaccination': 'fct_vaccination',
} %}
with practices as (
    select
        practice_key,
        vendor,
        {{ month_start('first_period_date') }} as first_month_date,
        {{ month_start('last_period_date') }} as last_month_date
    from {{ ref('dim_practice') }}
),

calendar as (
    {{ date_series(
        '(select min(first_month_date) from practices)', '(select max(last_month_date) from practices)', 'month'
    ) }}
),

entities as (
    {% for entity in facts %}
        select '{{ entity }}' as entity
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

expected as (
    select
        practices.practice_key,
        practices.vendor,
        entities.entity,
        calendar.series_date as month_start_date
    from practices
    inner join calendar
        on calendar.series_date between practices.first_month_date and practices.last_month_date
    cross join entities
),

recorded as (
    {% for entity, model in facts.items() %}
        select
            practice_key,
            '{{ entity }}' as entity,
            {{ month_start(entity ~ '_date') }} as month_start_date,
            count(*) as record_count
        from {{ ref(model) }}
        where practice_key is not null
        group by practice_key, {{ month_start(entity ~ '_date') }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

by_practice as (
    select
        expected.practice_key,
        expected.vendor,
        expected.entity,
        expected.month_start_date,
        cast(coalesce(recorded.record_count, 0) as bigint) as record_count
    from expected
    left join recorded
        on
            expected.practice_key = recorded.practice_key
            and expected.entity = recorded.entity
            and expected.month_start_date = recorded.month_start_date
)

select
    'practice' as unit_level,
    vendor,
    practice_key,
    entity,
    month_start_date,
    record_count,
    cast(1 as bigint) as practice_count
from by_practice
union all
select
    'vendor' as unit_level,
    vendor,
    cast(null as bigint) as practice_key,
    entity,
    month_start_date,
    cast(sum(record_count) as bigint) as record_count,
    cast(count(*) as bigint) as practice_count
from by_practice
group by vendor, entity, month_start_date
