with counted as (
    select
        practice_key,
        question,
        missing_input,
        cast(count(*) as bigint) as patient_count,
        cast(sum(case when effect = 'settles' then 1 else 0 end) as bigint) as settled_count,
        cast(sum(case when effect = 'settles_if_done' then 1 else 0 end) as bigint) as provable_count,
        cast(sum(case when effect = 'decides_eligibility' then 1 else 0 end) as bigint) as undecided_count
    from {{ ref('int_recording__missing_input') }}
    group by practice_key, question, missing_input
)

select
    practice_key,
    question,
    missing_input,
    patient_count,
    settled_count,
    provable_count,
    undecided_count,
    cast(row_number() over (
        partition by practice_key, question
        order by settled_count desc nulls last, patient_count desc nulls last, missing_input asc nulls first
    ) as integer) as advice_rank
from counted
