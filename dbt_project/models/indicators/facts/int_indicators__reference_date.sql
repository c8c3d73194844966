-- The month ends of three years before the run's date, as far back as any practice was observed.
with run as (
    select as_of_date from {{ ref('stg_run') }}
),

observed as (
    select min(first_period_date) as first_date from {{ ref('dim_practice') }}
),

candidate as (
    {% for months in range(1, 37) -%}
        select {{ month_end(add_months('run.as_of_date', -months)) }} as reference_date from run
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select candidate.reference_date
from candidate
inner join observed on candidate.reference_date >= observed.first_date
