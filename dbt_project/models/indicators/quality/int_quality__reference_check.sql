-- Checks of references between records of one practice, by the month its delivery ends in: corrections
-- that replace nothing, and corrections that replace each other.
with run as (
    select as_of_date
    from {{ ref('stg_run') }}
),

corrections as (
    select
        correction.source,
        correction.practice_pseudo,
        correction.record_id,
        correction.replacing_record_id,
        {{ month_start('least(delivery.period_end, run.as_of_date)') }} as month_start_date
    from {{ ref('stg_dosmed__correction') }} as correction
    inner join {{ ref('stg_delivery') }} as delivery
        on correction.delivery_id = delivery.delivery_id
    cross join run
    where delivery.is_current
),

sent as (
    select distinct
        source,
        practice_pseudo,
        record_id
    from {{ ref('stg_delivered_record') }}
    where source = 'dosmed'
),

checked as (
    select distinct
        corrections.source,
        corrections.practice_pseudo,
        corrections.record_id,
        corrections.replacing_record_id,
        corrections.month_start_date,
        sent.record_id is null as is_orphan,
        back.record_id is not null as is_cycle
    from corrections
    left join sent
        on
            corrections.source = sent.source
            and corrections.practice_pseudo = sent.practice_pseudo
            and corrections.record_id = sent.record_id
    left join corrections as back
        on
            corrections.source = back.source
            and corrections.practice_pseudo = back.practice_pseudo
            and corrections.record_id = back.replacing_record_id
            and corrections.replacing_record_id = back.record_id
)

{% for check, flag in {'orphan': 'is_orphan', 'cycle': 'is_cycle'}.items() %}
    select
        '{{ check }}:correction' as check_id,
        source,
        {{ surrogate_key(['practice_pseudo']) }} as practice_key,
        month_start_date,
        cast(count(case when {{ flag }} then 1 end) as bigint) as violated_count,
        cast(count(*) as bigint) as denominator_count
    from checked
    group by source, {{ surrogate_key(['practice_pseudo']) }}, month_start_date
    {{ 'union all' if not loop.last }}
{% endfor %}
