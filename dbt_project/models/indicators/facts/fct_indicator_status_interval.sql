-- What holds up to the run's date: an interval that reaches past it has no end yet.
select
    status.indicator_id,
    status.indicator_version,
    status.person_key,
    status.practice_key,
    status.record_status,
    status.record_is_observable,
    status.linked_status,
    status.linked_is_observable,
    status.valid_from_date,
    case when status.valid_to_date <= run.as_of_date then status.valid_to_date end as valid_to_date
from {{ ref('int_indicators__status_interval') }} as status
inner join {{ ref('stg_run') }} as run on status.valid_from_date <= run.as_of_date
