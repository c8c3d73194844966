-- What a positive result calls for, and whether it was done in time: both tests abnormal, colposcopy within 3 months; HPV positive
-- with a normal cytology, HPV again at 12 months (3 months of grace); HPV positive without a cytology, a cytology or colposcopy
-- within 3 months. An abnormal cytology alone (before 30 years) is followed by an HPV test or a colposcopy within 3 months.
with hpv as (
    select unit_key, value_date as hpv_date
    from {{ ref('int_indicators__value') }}
    where measure = 'hpv' and value_code = 'positive'
),

cytology as (
    select unit_key, value_date, value_code
    from {{ ref('int_indicators__value') }}
    where measure = 'cytology' and value_code in ('normal', 'abnormal')
),

-- The reflex cytology of a positive test: of its day or the three months after; abnormal beats normal.
read_hpv as (
    select
        hpv.unit_key,
        hpv.hpv_date,
        max(case when cytology.value_code = 'abnormal' then 1 else 0 end) as is_abnormal,
        min(case when cytology.value_code = 'abnormal' then cytology.value_date end) as abnormal_date,
        max(case when cytology.value_code = 'normal' then 1 else 0 end) as is_normal
    from hpv
    left join cytology
        on
            hpv.unit_key = cytology.unit_key
            and hpv.hpv_date <= cytology.value_date
            and cytology.value_date < {{ window_end('hpv.hpv_date', 3) }}
    group by hpv.unit_key, hpv.hpv_date
),

lone_cytology as (
    select cytology.unit_key, cytology.value_date as cytology_date
    from cytology
    left join hpv
        on
            cytology.unit_key = hpv.unit_key
            and cytology.value_date >= hpv.hpv_date
            and cytology.value_date < {{ window_end('hpv.hpv_date', 3) }}
    where cytology.value_code = 'abnormal' and hpv.unit_key is null
),

call as (
    select
        unit_key,
        case when is_abnormal = 1 then abnormal_date else hpv_date end as call_date,
        case when is_abnormal = 1 then 'colposcopy' when is_normal = 1 then 'hpv_again' else 'cytology' end as call_for
    from read_hpv
    union all
    select unit_key, cytology_date as call_date, 'hpv_or_colposcopy' as call_for
    from lone_cytology
),

due as (
    select
        unit_key,
        call_date,
        call_for,
        case call_for when 'hpv_again' then {{ window_end('call_date', 15) }} else {{ window_end('call_date', 3) }} end
            as due_date
    from call
),

step as (
    select unit_key, event_date as step_date, 'colposcopy' as step_name, evidence_source
    from {{ ref('int_indicators__event') }}
    where list_name in ('colposcopy', 'conisation') and entity = 'procedure'
    union all
    select unit_key, test_date as step_date, 'hpv' as step_name, evidence_source
    from {{ ref('int_indicators__test') }}
    where test_name = 'hpv'
),

done as (
    select
        due.unit_key,
        due.call_date,
        due.call_for,
        min(step.step_date) as done_date,
        min(step.evidence_source) as evidence_source
    from due
    inner join step
        on
            due.unit_key = step.unit_key
            and due.call_date <= step.step_date
            and due.due_date > step.step_date
            and (
                step.step_name = 'colposcopy'
                or (due.call_for = 'hpv_or_colposcopy' and step.step_name = 'hpv')
                or (
                    due.call_for = 'hpv_again'
                    and step.step_name = 'hpv'
                    and step.step_date >= {{ add_months('due.call_date', 9) }}
                )
            )
    group by due.unit_key, due.call_date, due.call_for
)

select
    due.unit_key,
    due.call_date,
    due.call_for,
    due.due_date,
    done.done_date,
    done.evidence_source,
    lead(due.due_date) over (partition by due.unit_key order by due.due_date nulls first, due.call_date nulls first)
        as next_due_date
from due
left join done
    on
        due.unit_key = done.unit_key
        and due.call_date = done.call_date
        and due.call_for = done.call_for
