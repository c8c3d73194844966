{%- set parts = [
    'denominator', 'exclusion', 'numerator', 'declined', 'not_met', 'unobservable', 'observable',
] -%}
-- Starts and ends of everything a measure says about a unit are summed in the order of their dates; between two changes
-- the status is constant.
with run as (
    select {{ frame_end() }} as last_date from {{ ref('stg_run') }} as run
),

measure as (
    select
        {{ measure_number() }} as measure_number,
        indicator_id,
        indicator_version,
        valid_from,
        valid_to,
        record_observed_by,
        linked_observed_by
    from {{ ref('indicator') }}
),

part as (
    select
        measure.measure_number,
        part.unit_key,
        part.part,
        case when part.part = 'denominator' then greatest(part.valid_from, measure.valid_from) else part.valid_from end
            as valid_from,
        case
            when part.part = 'denominator' then least(part.valid_to, coalesce(measure.valid_to, {{ open_end() }}))
            else part.valid_to
        end as valid_to
    from {{ ref('int_indicators__part') }} as part
    inner join measure
        on part.indicator_id = measure.indicator_id and part.indicator_version = measure.indicator_version
    where {{ is_unit_in_work('part.unit_key') }}
    union all
    select measure.measure_number, seen.unit_key, 'observable' as part, seen.valid_from, seen.valid_to
    from {{ ref('int_indicators__observable') }} as seen
    inner join measure
        on seen.indicator_id = measure.indicator_id and seen.indicator_version = measure.indicator_version
    where {{ is_unit_in_work('seen.unit_key') }}
),

bound as (
    select measure_number, unit_key, part, valid_from as change_date, 1 as change
    from part
    where valid_from < valid_to
    union all
    select measure_number, unit_key, part, valid_to as change_date, -1 as change
    from part
    where valid_from < valid_to
),

change as (
    select
        bound.measure_number,
        bound.unit_key,
        bound.change_date,
        {% for name in parts -%}
            cast(sum(case when bound.part = '{{ name }}' then bound.change else 0 end) as bigint) as {{ name }}_change
            {%- if not loop.last %},{% endif %}
        {% endfor %}
    from bound
    inner join run on bound.change_date <= run.last_date
    group by bound.measure_number, bound.unit_key, bound.change_date
),

running as (
    select
        measure_number,
        unit_key,
        change_date,
        {% for name in parts -%}
            {{ name }}_change,
            cast(sum({{ name }}_change) over unit_order as bigint) as {{ name }}_count
            {%- if not loop.last %},{% endif %}
        {% endfor %}
    from change
    window unit_order as (
        partition by measure_number, unit_key
        order by change_date nulls first
        rows between unbounded preceding and current row
    )
),

-- The moment before a change is the sum without it.
{%- set now, before = {}, {} -%}
{%- for name in parts -%}
    {%- do now.update({name: '(running.' ~ name ~ '_count > 0)'}) -%}
    {%- do before.update({name: '(running.' ~ name ~ '_count - running.' ~ name ~ '_change > 0)'}) -%}
{%- endfor %}
judged as (
    select
        running.measure_number,
        running.unit_key,
        running.change_date,
        {{ unit_status(now) }} as status,
        {{ unit_is_observable(now) }} as is_observable,
        {{ unit_status(before) }} as previous_status,
        {{ unit_is_observable(before) }} as previous_is_observable
    from running
    inner join measure on running.measure_number = measure.measure_number
),

kept as (
    select
        measure_number,
        unit_key,
        status,
        is_observable,
        change_date as valid_from,
        coalesce(
            lead(change_date) over (partition by measure_number, unit_key order by change_date nulls first),
            {{ open_end() }}
        ) as valid_to
    from judged
    where previous_status != status or previous_is_observable != is_observable
)

select
    measure.indicator_id,
    measure.indicator_version,
    kept.unit_key,
    kept.status,
    kept.is_observable,
    kept.valid_from,
    kept.valid_to
from kept
inner join measure on kept.measure_number = measure.measure_number
where kept.status != 'not_applicable'
