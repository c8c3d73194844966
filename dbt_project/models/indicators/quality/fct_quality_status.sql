-- Counts against thresholds. A view: a threshold that changes is read at once, nothing is rebuilt.
-- The threshold of the vendor goes before that of all; a check without one is shown and never fails.
with counts as (
    select
        check_id,
        source,
        vendor,
        practice_key,
        month_start_date,
        framework_class,
        framework_context,
        violated_count,
        denominator_count,
        share
    from {{ ref('fct_quality_check') }}
    union all
    select
        quality.measure as check_id,
        practice.source,
        quality.vendor,
        quality.practice_key,
        quality.month_start_date,
        quality.framework_class,
        quality.framework_context,
        quality.violated_count,
        quality.denominator_count,
        quality.share
    from {{ ref('fct_recording_quality') }} as quality
    inner join {{ ref('dim_practice') }} as practice
        on quality.practice_key = practice.practice_key
)

select
    counts.check_id,
    counts.source,
    counts.vendor,
    counts.practice_key,
    counts.month_start_date,
    counts.framework_class,
    counts.framework_context,
    counts.violated_count,
    counts.denominator_count,
    counts.share,
    coalesce(own.severity, general.severity) as severity,
    coalesce(own.max_share, general.max_share) as max_share,
    coalesce(
        counts.share > coalesce(own.max_share, general.max_share)
        and counts.denominator_count >= coalesce(own.min_denominator_count, general.min_denominator_count),
        false
    ) as is_above_threshold,
    counts.month_start_date <= run.as_of_date
    and counts.month_start_date > {{ add_months('run.as_of_date', -12) }} as is_last_year
from counts
cross join {{ ref('stg_run') }} as run
left join {{ ref('quality_threshold') }} as own
    on
        counts.check_id = own.check_id
        and counts.vendor = own.vendor
        and counts.month_start_date >= coalesce(own.valid_from, counts.month_start_date)
        and counts.month_start_date <= coalesce(own.valid_to, counts.month_start_date)
left join {{ ref('quality_threshold') }} as general
    on
        counts.check_id = general.check_id
        and general.vendor = 'all'
        and counts.month_start_date >= coalesce(general.valid_from, counts.month_start_date)
        and counts.month_start_date <= coalesce(general.valid_to, counts.month_start_date)
