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
    {{ indicator_share_columns() }},
    {{ ratio('expected_sum', 'denominator_count') }} as expected_share
from {{ ref('int_indicators__place_count') }}
where place_kind = 'practice'
