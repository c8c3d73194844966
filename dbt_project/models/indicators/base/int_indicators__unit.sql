-- The units of the persons this run makes again: all of them in a full build.
select
    unit_key,
    basis,
    person_key,
    practice_key,
    birth_month_date,
    sex,
    life_end_date,
    is_linked_snds
from {{ ref('int_indicators__every_unit') }}
where {{ is_in_work('person_key') }}
