-- What a recorded result or prescription calls for and claims do not show where they are complete: a colonoscopy six months after a
-- positive colorectal test, the next step after a positive cervical test, the dispensing of a first prescription.
select distinct
    cast(-called.unit_key as bigint) as person_key,
    called.missing_test
from {{ ref('int_pathway__call') }} as called
inner join {{ ref('stg_run') }} as run
    on called.valid_from <= run.claims_as_of_date and called.valid_to > run.claims_as_of_date
where called.done_date is null or called.done_date > run.as_of_date
