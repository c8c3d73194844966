-- Practices as their latest delivery describes them.
with deliveries as (
    select
        source,
        practice_pseudo,
        commune_code,
        vendor,
        software_version,
        structure_type,
        university_zone,
        version_order,
        period_start,
        period_end,
        is_synthetic
    from {{ ref('stg_delivery') }}
    where practice_pseudo is not null
),

latest_deliveries as (
    select *
    from deliveries
    qualify
        row_number() over (
            partition by practice_pseudo
            order by period_end desc nulls last, version_order desc nulls last, source asc nulls last
        ) = 1
),

periods as (
    select
        practice_pseudo,
        min(period_start) as first_period_date,
        max(period_end) as last_period_date
    from deliveries
    group by practice_pseudo
)

select
    {{ surrogate_key(['latest_deliveries.practice_pseudo']) }} as practice_key,
    latest_deliveries.practice_pseudo,
    latest_deliveries.source,
    latest_deliveries.commune_code,
    latest_deliveries.vendor,
    latest_deliveries.software_version,
    latest_deliveries.structure_type,
    latest_deliveries.university_zone,
    periods.first_period_date,
    periods.last_period_date,
    latest_deliveries.is_synthetic
from latest_deliveries
inner join periods
    on latest_deliveries.practice_pseudo = periods.practice_pseudo
