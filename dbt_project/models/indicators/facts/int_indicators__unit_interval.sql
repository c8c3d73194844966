-- Starts and ends of everything a measure says about a unit are summed in the order of their dates; between two changes
-- the status is constant.
with run as (
    select {{ frame_end() }} as last_date from {{ ref('stg_run') }} as run
),

part as (
    select
        part.indicator_id,
        part.indicator_version,
        part.unit_key,
        part.part,
        case
            when part.part = 'denominator' then greatest(part.valid_from, indicator.valid_from) else part.valid_from
        end
            as valid_from,
        case
            when part.part = 'denominator' then least(part.valid_to, coalesce(indicator.valid_to, {{ open_end() }}))
            else part.valid_to
        end as valid_to
    from {{ ref('int_indicators__part') }} as part
    inner join {{ ref('indicator') }} as indicator
        on part.indicator_id = indicator.indicator_id and part.indicator_version = indicator.indicator_version
    where {{ is_unit_in_work('part.unit_key') }}
    union all
    select indicator_id, indicator_version, unit_key, 'observable' as part, valid_from, valid_to
    from {{ ref('int_indicators__observable') }}
    where {{ is_unit_in_work('unit_key') }}
),

bound as (
    select indicator_id, indicator_version, unit_key, part, valid_from as change_date, 1 as change
    from part
    where valid_from < valid_to
    union all
    select indicator_id, indicator_version, unit_key, part, valid_to as change_date, -1 as change
    from part
    where valid_from < valid_to
),

change as (
    select
        bound.indicator_id,
        bound.indicator_version,
        bound.unit_key,
        bound.change_date,
        {% for name in ['denominator', 'exclusion', 'numerator', 'declined', 'not_met', 'unobservable', 'observable'] -%}
            cast(sum(case when bound.part = '{{ name }}' then bound.change else 0 end) as bigint) as {{ name }}_change
            {%- if not loop.last %},{% endif %}
        {% endfor %}
    from bound
    inner join run on bound.change_date <= run.last_date
    group by bound.indicator_id, bound.indicator_version, bound.unit_key, bound.change_date
),

running as (
    select
        indicator_id,
        indicator_version,
        unit_key,
        change_date,
        {% for name in ['denominator', 'exclusion', 'numerator', 'declined', 'not_met', 'unobservable', 'observable'] -%}
            sum({{ name }}_change) over unit_order > 0 as is_{{ name }}
            {%- if not loop.last %},{% endif %}
        {% endfor %}
    from change
    window unit_order as (
        partition by indicator_id, indicator_version, unit_key
        order by change_date nulls first
        rows between unbounded preceding and current row
    )
),

judged as (
    select
        running.indicator_id,
        running.indicator_version,
        running.unit_key,
        running.change_date,
        case
            when not running.is_denominator then 'not_applicable'
            else {{ indicator_status(
                'running.is_exclusion', 'running.is_numerator', 'running.is_declined', 'running.is_not_met',
                'running.is_observable and not running.is_unobservable'
            ) }}
        end as status,
        running.is_denominator
        and (
            (running.is_observable and not running.is_unobservable)
            or running.is_not_met
            or (
                running.is_numerator
                and case
                    when running.unit_key > 0 then indicator.record_observed_by
                    else indicator.linked_observed_by
                end = 'evidence'
            )
        ) as is_observable
    from running
    inner join {{ ref('indicator') }} as indicator
        on
            running.indicator_id = indicator.indicator_id
            and running.indicator_version = indicator.indicator_version
),

marked as (
    select
        *,
        lag(status) over (
            partition by indicator_id, indicator_version, unit_key order by change_date nulls first
        ) as previous_status,
        lag(is_observable) over (
            partition by indicator_id, indicator_version, unit_key order by change_date nulls first
        ) as previous_is_observable
    from judged
),

kept as (
    select
        indicator_id,
        indicator_version,
        unit_key,
        status,
        is_observable,
        change_date as valid_from,
        coalesce(
            lead(change_date) over (
                partition by indicator_id, indicator_version, unit_key order by change_date nulls first
            ),
            {{ open_end() }}
        ) as valid_to
    from marked
    where previous_status is null or previous_status != status or previous_is_observable != is_observable
)

select indicator_id, indicator_version, unit_key, status, is_observable, valid_from, valid_to
from kept
where status != 'not_applicable'
