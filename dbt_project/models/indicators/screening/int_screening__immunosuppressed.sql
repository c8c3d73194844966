-- From the first coded deficit, graft or lupus on, or once an immunosuppressant has been taken for a year. Living with HIV is not
-- in this list: it has recommendations of its own.
with treatment as (
    select unit_key, event_date, min(event_date) over (partition by unit_key) as first_date
    from {{ ref('int_indicators__event') }}
    where list_name = 'immunosuppressant' and entity in ('prescription', 'dispensing')
),

found as (
    select unit_key, event_date
    from {{ ref('int_indicators__event') }}
    where list_name = 'immunosuppressed' and entity in ('condition', 'long_term_illness', 'hospital_diagnosis')
    union all
    select unit_key, event_date
    from treatment
    where event_date >= {{ add_days('first_date', 365) }}
)

select unit_key, min(event_date) as known_from_date
from found
group by unit_key
