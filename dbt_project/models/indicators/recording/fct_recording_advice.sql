-- What recording one input would do for a practice's open questions; whom it settles anything for comes first.
with person as (
    select
        practice_key,
        missing_input,
        person_key,
        sum(case when effect = 'settles' then 1 else 0 end) as settled_answer_count,
        sum(case when effect = 'settles_if_done' then 1 else 0 end) as provable_answer_count,
        max(case when effect = 'decides_eligibility' then 0 else 1 end) as has_open_answer,
        max(case when effect = 'decides_eligibility' then 1 else 0 end) as is_undecided
    from {{ ref('int_recording__missing_input') }}
    group by practice_key, missing_input, person_key
),

counted as (
    select
        practice_key,
        missing_input,
        cast(sum(has_open_answer) as bigint) as patient_count,
        cast(sum(case when settled_answer_count > 0 then 1 else 0 end) as bigint) as settled_count,
        cast(sum(settled_answer_count) as bigint) as settled_answer_count,
        cast(sum(provable_answer_count) as bigint) as provable_answer_count,
        cast(sum(is_undecided) as bigint) as undecided_count
    from person
    group by practice_key, missing_input
)

select
    practice_key,
    missing_input,
    patient_count,
    settled_count,
    settled_answer_count,
    provable_answer_count,
    undecided_count,
    cast(row_number() over (
        partition by practice_key
        order by
            settled_count desc nulls last,
            settled_answer_count desc nulls last,
            patient_count desc nulls last,
            missing_input asc nulls first
    ) as integer) as advice_rank
from counted
