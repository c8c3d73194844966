-- Judged from six months after the test, for a year: claims must reach back to the test.
select distinct
    unit_key,
    {{ window_end('value_date', 6) }} as valid_from,
    {{ window_end('value_date', 18) }} as valid_to
from {{ ref('int_indicators__value') }}
where measure = 'fit' and value_code = 'positive'
