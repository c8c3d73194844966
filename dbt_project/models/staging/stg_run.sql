with deliveries as (
    select
        source,
        period_end
    from {{ ref('stg_delivery') }}
),

periods as (
    select
        max(case when source <> 'snds' then period_end end) as last_practice_date,
        max(period_end) as last_date,
        count(case when source = 'snds' then 1 end) > 0 as has_snds
    from deliveries
),

dated as (
    select
        {% if var('as_of') %}
        cast('{{ var("as_of") }}' as date) as as_of_date,
        {% else %}
            coalesce(last_practice_date, last_date) as as_of_date,
        {% endif %}
        has_snds
    from periods
)

select
    as_of_date,
    {{ add_months('as_of_date', -6) }} as claims_as_of_date,
    has_snds
from dated
