-- While a recorded result or prescription calls for something, and the day it was done: a colonoscopy after a positive colorectal
-- test, the next step after a positive cervical test, the dispensing of a first prescription. Kept for every person.
select
    called.unit_key,
    'colonoscopy_after_positive_test' as missing_test,
    called.valid_from,
    called.valid_to,
    min(done.evidence_date) as done_date
from {{ ref('ind_scr_crc_pos__denominator') }} as called
left join {{ ref('ind_scr_crc_pos__numerator') }} as done
    on called.unit_key = done.unit_key and called.valid_from = done.valid_from
where called.unit_key < 0
group by called.unit_key, called.valid_from, called.valid_to
union
select
    unit_key,
    'follow_up_of_cervical_test' as missing_test,
    due_date as valid_from,
    {{ window_end('due_date', 12) }} as valid_to,
    done_date
from {{ ref('int_screening__cervix_follow_up') }}
where unit_key < 0
union
select
    unit_key,
    'prescription_not_dispensed' as missing_test,
    judged_from as valid_from,
    judged_to as valid_to,
    dispensed_date as done_date
from {{ ref('int_pathway__initiation') }}
where unit_key < 0
