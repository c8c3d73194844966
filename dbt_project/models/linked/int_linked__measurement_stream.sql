-- The one unit a practice's results of one code come in, where that is clear: at least 30 results sent
-- with a unit, at least 95 % of them in the same one.
with unit_counts as (
    select
        practice_key,
        measurement_system,
        measurement_code,
        measure,
        unit_resolved as unit,
        count(*) as result_count
    from {{ ref('int_linked__measurement') }}
    where unit_rule = 'explicit'
    group by practice_key, measurement_system, measurement_code, measure, unit_resolved
),

shares as (
    select
        *,
        sum(result_count) over (partition by practice_key, measurement_system, measurement_code, measure)
            as explicit_count
    from unit_counts
)

select
    practice_key,
    measurement_system,
    measurement_code,
    measure,
    unit,
    cast(result_count as bigint) as result_count,
    cast(explicit_count as bigint) as explicit_count
from shares
where
    explicit_count >= 30
    and result_count >= 0.95 * explicit_count
