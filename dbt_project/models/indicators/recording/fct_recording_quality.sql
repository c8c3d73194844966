with event_check as (
    select practice_key, measure, month_start_date, violated_count, denominator_count
    from {{ ref('int_recording__event_check') }}
),

-- What should stand in the record of every active adult, counted at the end of the month.
field_check as (
    select
        practice_key,
        indicator_id as measure,
        {{ month_start('reference_date') }} as month_start_date,
        denominator_count - numerator_count as violated_count,
        denominator_count
    from {{ ref('fct_indicator_practice') }}
    where indicator_id like 'DQ-%' and basis = 'record' and population_basis = 'active' and denominator_count > 0
),

checked as (
    select practice_key, measure, month_start_date, violated_count, denominator_count from event_check
    union all
    select practice_key, measure, month_start_date, violated_count, denominator_count from field_check
    union all
    select practice_key, measure, month_start_date, violated_count, denominator_count
    from {{ ref('int_recording__arrival_check') }}
    union all
    select practice_key, measure, month_start_date, violated_count, denominator_count
    from {{ ref('int_recording__computed_check') }}
    union all
    select practice_key, measure, month_start_date, violated_count, denominator_count
    from {{ ref('int_recording__source_check') }}
    union all
    -- One line for each disease that is expected, at the month of the run.
    select
        prevalence.practice_key,
        'DQ-PREV' as measure,
        {{ month_start('run.as_of_date') }} as month_start_date,
        cast(sum(case when prevalence.is_under_coded then 1 else 0 end) as bigint) as violated_count,
        cast(count(*) as bigint) as denominator_count
    from {{ ref('fct_recording_prevalence') }} as prevalence
    cross join {{ ref('stg_run') }} as run
    group by prevalence.practice_key, {{ month_start('run.as_of_date') }}
)

select
    checked.practice_key,
    checked.measure,
    checked.month_start_date,
    quality.framework_class,
    quality.framework_context,
    -- The software at the end of the month.
    coalesce(software.vendor, practice.vendor) as vendor,
    coalesce(software.software_version, practice.software_version) as software_version,
    checked.violated_count,
    checked.denominator_count,
    {{ ratio('checked.violated_count', 'checked.denominator_count') }} as share
from checked
inner join {{ ref('recording_measure') }} as quality on checked.measure = quality.measure
inner join {{ ref('dim_practice') }} as practice on checked.practice_key = practice.practice_key
left join {{ ref('int_recording__software_period') }} as software
    on
        checked.practice_key = software.practice_key
        and software.valid_from <= {{ month_end('checked.month_start_date') }}
        and (software.valid_to is null or software.valid_to > {{ month_end('checked.month_start_date') }})
