-- Until the immunosuppression is known the usual interval holds, from then on the shorter one.
select
    usual.unit_key,
    usual.valid_from,
    least(usual.valid_to, coalesce(risk.known_from_date, {{ open_end() }})) as valid_to,
    usual.evidence_date,
    usual.evidence_source
from {{ ref('ind_scr_cer_cov__numerator') }} as usual
left join {{ ref('int_screening__immunosuppressed') }} as risk on usual.unit_key = risk.unit_key
union all
select
    test.unit_key,
    greatest(
        test.test_date,
        risk.known_from_date,
        case test.test_name when 'hpv' then {{ age_reached('unit.birth_month_date', 30) }} else test.test_date end
    ) as valid_from,
    case test.test_name
        when 'hpv' then {{ window_end('test.test_date', 36) }} else {{ window_end('test.test_date', 12) }}
    end as valid_to,
    test.test_date as evidence_date,
    test.evidence_source
from {{ ref('int_indicators__test') }} as test
inner join {{ ref('int_screening__immunosuppressed') }} as risk on test.unit_key = risk.unit_key
inner join {{ ref('int_indicators__unit') }} as unit on test.unit_key = unit.unit_key
where test.test_name in ('hpv', 'cytology') and unit.birth_month_date is not null
