select
    indicator_id,
    indicator_version,
    reference_date,
    denominator_count,
    claims_numerator_count,
    share,
    expected_false_link_share,
    expected_missed_count,
    link_share_low,
    link_share_high
from {{ source('exchange', 'link_effect') }}
