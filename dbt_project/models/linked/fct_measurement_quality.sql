-- How the measurements of each practice and software version could be read. Counts only: what share is too much is
-- for the reader to say.
with measurements as (
    select
        practice_key,
        source,
        measure,
        unit_rule,
        value,
        value_code,
        raw_value,
        raw_unit,
        is_plausible,
        is_usual,
        is_censored,
        is_duplicate
    from {{ ref('fct_measurement') }}
),

counts as (
    select
        practice_key,
        source,
        coalesce(measure, 'unknown_code') as measure,
        count(*) as measurement_count,
        {% for rule in ['explicit', 'inferred', 'lipid', 'stream', 'unknown'] -%}
            count(case when unit_rule = '{{ rule }}' then 1 end) as {{ rule }}_unit_count,
        {% endfor -%}
        -- a number is what units and bounds are asked of
        count(case when unit_rule <> 'none' then 1 end) as number_count,
        count(case when unit_rule = 'none' and value_code is null then 1 end) as unread_count,
        count(case when is_plausible = false then 1 end) as implausible_count,
        count(case when is_plausible and not is_usual then 1 end) as unusual_count,
        count(case when is_censored then 1 end) as censored_count,
        count(case when is_duplicate then 1 end) as duplicate_count
    from measurements
    group by practice_key, source, coalesce(measure, 'unknown_code')
)

select
    counts.practice_key,
    counts.source,
    practice.vendor,
    practice.software_version,
    counts.measure,
    cast(counts.measurement_count as bigint) as measurement_count,
    cast(counts.number_count as bigint) as number_count,
    {% for rule in ['explicit', 'inferred', 'lipid', 'stream', 'unknown'] -%}
        cast(counts.{{ rule }}_unit_count as bigint) as {{ rule }}_unit_count,
        {{ ratio('counts.' ~ rule ~ '_unit_count', 'counts.number_count') }} as {{ rule }}_unit_share,
    {% endfor -%}
    cast(counts.unread_count as bigint) as unread_count,
    cast(counts.implausible_count as bigint) as implausible_count,
    cast(counts.unusual_count as bigint) as unusual_count,
    cast(counts.censored_count as bigint) as censored_count,
    cast(counts.duplicate_count as bigint) as duplicate_count
from counts
left join {{ ref('dim_practice') }} as practice
    on counts.practice_key = practice.practice_key
