select
    test.unit_key,
    case test.test_name
        when 'hpv' then greatest(test.test_date, {{ age_reached('unit.birth_month_date', 30) }}) else test.test_date
    end as valid_from,
    case test.test_name
        when 'hpv' then {{ window_end('test.test_date', 60) }}
        else least({{ window_end('test.test_date', 36) }}, {{ age_reached('unit.birth_month_date', 30) }})
    end as valid_to,
    test.test_date as evidence_date,
    test.evidence_source
from {{ ref('int_indicators__test') }} as test
inner join {{ ref('int_indicators__unit') }} as unit on test.unit_key = unit.unit_key
where test.test_name in ('hpv', 'cytology') and unit.birth_month_date is not null
