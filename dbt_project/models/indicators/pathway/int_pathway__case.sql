-- Diseases of every person, by the day they became known.
select
    unit_key,
    case_name,
    case_date
from {{ ref('int_indicators__case') }}
where unit_key < 0
