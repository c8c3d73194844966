-- What a recorded result or prescription calls for and claims do not show where they are complete: a colonoscopy six months after a
-- positive colorectal test, the next step after a positive cervical test, the dispensing of a first prescription.
with run as (
    select claims_as_of_date from {{ ref('stg_run') }}
),

missing as (
    select called.unit_key, 'colonoscopy_after_positive_test' as missing_test
    from {{ ref('ind_scr_crc_pos__denominator') }} as called
    inner join run on called.valid_from <= run.claims_as_of_date and called.valid_to > run.claims_as_of_date
    left join {{ ref('ind_scr_crc_pos__numerator') }} as done
        on called.unit_key = done.unit_key and called.valid_from = done.valid_from
    where done.unit_key is null
    union
    select follow_up.unit_key, 'follow_up_of_cervical_test' as missing_test
    from {{ ref('int_screening__cervix_follow_up') }} as follow_up
    inner join run
        on
            follow_up.due_date <= run.claims_as_of_date
            and {{ window_end('follow_up.due_date', 12) }} > run.claims_as_of_date
    where follow_up.done_date is null
    union
    select initiation.unit_key, 'prescription_not_dispensed' as missing_test
    from {{ ref('int_pathway__initiation') }} as initiation
    inner join run
        on initiation.judged_from <= run.claims_as_of_date and initiation.judged_to > run.claims_as_of_date
    where initiation.dispensed_date is null
)

select cast(-unit_key as bigint) as person_key, missing_test
from missing
where unit_key < 0
