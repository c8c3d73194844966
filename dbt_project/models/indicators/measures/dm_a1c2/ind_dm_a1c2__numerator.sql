-- From the later test until the earlier one leaves the twelve months.
select
    later.unit_key,
    later.test_date as valid_from,
    {{ window_end('max(earlier.test_date)', 12) }} as valid_to,
    later.test_date as evidence_date,
    later.evidence_source
from {{ ref('int_indicators__test') }} as later
inner join {{ ref('int_indicators__test') }} as earlier
    on
        later.unit_key = earlier.unit_key
        and earlier.test_name = 'hba1c'
        and later.test_date >= {{ add_days('earlier.test_date', 30) }}
where later.test_name = 'hba1c'
group by later.unit_key, later.test_date, later.evidence_source
