select distinct
    unit_key,
    {{ add_days('value_date', 32) }} as valid_from,
    {{ window_end('value_date', 18) }} as valid_to
from {{ ref('int_indicators__value') }}
where measure = 'fit' and value_code = 'positive'
