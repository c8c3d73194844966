-- The latest result that is due stands for those before.
select
    unit_key,
    due_date as valid_from,
    least({{ window_end('due_date', 12) }}, coalesce(next_due_date, {{ open_end() }})) as valid_to
from {{ ref('int_screening__cervix_follow_up') }}
