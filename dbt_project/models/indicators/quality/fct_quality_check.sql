-- Counts only: what share is too much is said by the seed quality_threshold and read by fct_quality_status.
with counts as (
    select check_id, source, practice_key, month_start_date, violated_count, denominator_count
    from {{ ref('int_quality__fact_check') }}
    union all
    select check_id, source, practice_key, month_start_date, violated_count, denominator_count
    from {{ ref('int_quality__person_check') }}
    union all
    select check_id, source, practice_key, month_start_date, violated_count, denominator_count
    from {{ ref('int_quality__reference_check') }}
),

practices as (
    select
        practice_key,
        vendor
    from {{ ref('dim_practice') }}
)

select
    counts.check_id,
    counts.source,
    coalesce(practices.vendor, counts.source) as vendor,
    counts.practice_key,
    counts.month_start_date,
    catalogue.framework_class,
    catalogue.framework_subclass,
    catalogue.framework_context,
    counts.violated_count,
    counts.denominator_count,
    {{ ratio('counts.violated_count', 'counts.denominator_count') }} as share
from counts
inner join {{ ref('quality_check') }} as catalogue
    on counts.check_id = catalogue.check_id
left join practices
    on counts.practice_key = practices.practice_key
