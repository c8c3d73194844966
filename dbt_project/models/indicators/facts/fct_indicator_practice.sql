with counted as (
    select
        practice_key,
        indicator_id,
        indicator_version,
        basis,
        population_basis,
        reference_date,
        {{ indicator_count_columns() }}
    from {{ ref('int_indicators__population_status') }}
    where practice_key is not null and population_basis in ('active', 'declared')
    group by practice_key, indicator_id, indicator_version, basis, population_basis, reference_date
)

select
    practice_key,
    indicator_id,
    indicator_version,
    basis,
    population_basis,
    reference_date,
    denominator_count,
    numerator_count,
    declined_count,
    excluded_count,
    unknown_count,
    met_unobservable_count,
    eligible_count,
    {{ indicator_share_columns() }}
from counted
