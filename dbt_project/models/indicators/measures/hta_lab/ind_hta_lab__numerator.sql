with test as (
    select
        unit_key, 'creatinine' as condition_name, test_date as valid_from, {{ window_end('test_date', 12) }} as valid_to
    from {{ ref('int_indicators__test') }}
    where test_name = 'creatinine'
    union all
    select
        unit_key, 'potassium' as condition_name, test_date as valid_from, {{ window_end('test_date', 12) }} as valid_to
    from {{ ref('int_indicators__test') }}
    where test_name = 'potassium'
    union all
    select unit_key, 'lipids' as condition_name, test_date as valid_from, {{ window_end('test_date', 36) }} as valid_to
    from {{ ref('int_indicators__test') }}
    where test_name = 'lipids'
),

merged as (
    {{ merged_intervals('test', ['unit_key', 'condition_name']) }}
),

complete as (
    {{ where_all_hold('merged', ['unit_key'], 3) }}
)

select
    complete.unit_key,
    complete.valid_from,
    complete.valid_to,
    complete.valid_from as evidence_date,
    max(test.evidence_source) as evidence_source
from complete
inner join
    {{ ref('int_indicators__test') }} as test
    on complete.unit_key = test.unit_key and complete.valid_from >= test.test_date
where test.test_name in ('creatinine', 'potassium', 'lipids')
group by complete.unit_key, complete.valid_from, complete.valid_to
