select unit_key, list_name as chronic_condition, min(event_date) as event_date
from {{ ref('int_indicators__event') }}
where
    entity in ('condition', 'long_term_illness', 'hospital_diagnosis')
    and (
        (list_name in ('diabetes', 'hypertension', 'heart_failure', 'severe_mental_illness') and role = 'case')
        or (list_name in ('copd', 'ckd') and role = 'case')
        or role = 'ascvd'
    )
group by unit_key, list_name
union all
-- A long-term illness of any kind counts, whether or not its code is in a list.
select unit.unit_key, 'long_term_illness' as chronic_condition, min(illness.start_date) as event_date
from {{ ref('fct_long_term_illness') }} as illness
inner join {{ ref('int_indicators__unit') }} as unit on illness.person_key = unit.person_key
where unit.basis = 'linked' and illness.start_date is not null
group by unit.unit_key
