-- From the first day any delivery speaks of to the run's date.
with run as (
    select as_of_date from {{ ref('stg_run') }}
),

first_day as (
    select coalesce(min(period_start), min(as_of_date)) as first_date
    from run
    left join {{ ref('stg_delivery') }} on true
)

select
    series_date as calendar_date,
    {{ week_start('series_date') }} as week_start_date,
    {{ month_start('series_date') }} as month_start_date
from (
    {{ date_series(
        "(select least(first_date, as_of_date) from first_day cross join run)", "(select as_of_date from run)", "day"
    ) }}
) as calendar
