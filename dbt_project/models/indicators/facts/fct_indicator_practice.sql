select
    place_count.practice_key,
    place_count.indicator_id,
    place_count.indicator_version,
    place_count.basis,
    place_count.population_basis,
    place_count.reference_date,
    place_count.denominator_count,
    place_count.numerator_count,
    place_count.declined_count,
    place_count.excluded_count,
    place_count.unknown_count,
    place_count.met_unobservable_count,
    place_count.eligible_count,
    {{ indicator_share_columns() }},
    {{ ratio('coalesce(place_count.expected_sum, expected.expected_sum)', 'place_count.denominator_count') }}
        as expected_share
from {{ ref('int_indicators__place_count') }} as place_count
left join {{ ref('int_indicators__place_expected') }} as expected
    on
        place_count.place_kind = expected.place_kind
        and place_count.practice_key = expected.practice_key
        and place_count.indicator_id = expected.indicator_id
        and place_count.indicator_version = expected.indicator_version
        and place_count.basis = expected.basis
        and place_count.population_basis = expected.population_basis
        and place_count.reference_date = expected.reference_date
where place_count.place_kind = 'practice'
