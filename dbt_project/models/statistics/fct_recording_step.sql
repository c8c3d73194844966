-- A change of software cuts the monthly series of a check in two: up to a year before the month of the change, and that
-- month and up to eleven after it, while the version holds. The spread of the months before, where it is wider than chance,
-- widens the error of the difference.
with change as (
    select
        period.practice_key,
        period.vendor,
        period.software_version,
        period.valid_from,
        period.valid_to,
        {{ month_start('period.valid_from') }} as month_start_date
    from {{ ref('int_recording__software_period') }} as period
    where period.is_change
),

month as (
    select
        change.practice_key,
        change.vendor,
        change.software_version,
        change.valid_from,
        quality.measure,
        quality.month_start_date >= change.month_start_date as is_after,
        quality.violated_count,
        quality.denominator_count
    from change
    inner join {{ ref('fct_recording_quality') }} as quality
        on
            change.practice_key = quality.practice_key
            and quality.month_start_date >= {{ add_months('change.month_start_date', -12) }}
            and quality.month_start_date < {{ add_months('change.month_start_date', 12) }}
            and (change.valid_to is null or change.valid_to > quality.month_start_date)
),

side as (
    select
        practice_key, vendor, software_version, valid_from, measure,
        cast(sum(case when is_after then 0 else 1 end) as bigint) as month_count_before,
        cast(sum(case when is_after then 1 else 0 end) as bigint) as month_count_after,
        cast(sum(case when is_after then 0 else violated_count end) as bigint) as violated_before,
        cast(sum(case when is_after then 0 else denominator_count end) as bigint) as denominator_before,
        cast(sum(case when is_after then violated_count else 0 end) as bigint) as violated_after,
        cast(sum(case when is_after then denominator_count else 0 end) as bigint) as denominator_after
    from month
    group by practice_key, vendor, software_version, valid_from, measure
),

share as (
    select
        side.*,
        {{ ratio('violated_before', 'denominator_before') }} as share_before,
        {{ ratio('violated_after', 'denominator_after') }} as share_after,
        {{ ratio('violated_before + violated_after', 'denominator_before + denominator_after') }} as share_both
    from side
    where denominator_before > 0 and denominator_after > 0
),

-- Pearson's chi-squared of the months before by their degrees of freedom: 1 where they differ by chance alone.
spread as (
    select
        share.practice_key, share.valid_from, share.measure,
        greatest(
            1,
            sum(cast(
                power(month.violated_count - month.denominator_count * share.share_before, 2)
                / nullif(month.denominator_count * share.share_before * (1 - share.share_before), 0)
                as decimal(28, 8)
            )) / nullif(share.month_count_before - 1, 0)
        ) as dispersion
    from share
    inner join month
        on
            share.practice_key = month.practice_key
            and share.valid_from = month.valid_from
            and share.measure = month.measure
            and not month.is_after
            and month.denominator_count > 0
    group by share.practice_key, share.valid_from, share.measure, share.month_count_before
),

scored as (
    select
        share.*,
        {{ round_to('coalesce(spread.dispersion, 1)', 6) }} as dispersion,
        case
            when share.share_both > 0 and share.share_both < 1
                then {{ round_to(
                    "(share.share_after - share.share_before) / sqrt("
                    ~ "share.share_both * (1 - share.share_both) * cast(coalesce(spread.dispersion, 1) as double)"
                    ~ " * (cast(1 as double) / share.denominator_before + cast(1 as double) / share.denominator_after))",
                    6
                ) }}
        end as z_score
    from share
    left join spread
        on
            share.practice_key = spread.practice_key
            and share.valid_from = spread.valid_from
            and share.measure = spread.measure
)

select
    practice_key,
    measure,
    valid_from as change_date,
    vendor,
    software_version,
    month_count_before,
    month_count_after,
    denominator_before,
    denominator_after,
    share_before,
    share_after,
    dispersion,
    z_score,
    denominator_before >= 50
    and denominator_after >= 50
    and coalesce(abs(z_score) >= 3.0902, false) as is_step
from scored
