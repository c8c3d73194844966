-- Exit mode 8 is home. The last stay stands for those before.
select
    stay.unit_key,
    {{ add_days('stay.end_date', 30) }} as valid_from,
    least(
        {{ add_days('stay.end_date', 395) }},
        stay.life_end_date,
        coalesce({{ add_days('stay.next_end_date', 30) }}, {{ open_end() }})
    ) as valid_to
from {{ ref('int_indicators__heart_failure_stay') }} as stay
