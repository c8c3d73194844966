with discharge as (
    select distinct stay.person_key, stay.end_date
    from {{ ref('fct_hospital_stay') }} as stay
    -- Exit mode 8: home.
    where
        stay.person_key is not null
        and stay.exit_mode = 8
        and starts_with(stay.hospital_stay_code, 'I50')
        and {{ is_in_work('stay.person_key') }}
)

select
    unit.unit_key,
    unit.life_end_date,
    discharge.end_date,
    lead(discharge.end_date) over (partition by unit.unit_key order by discharge.end_date nulls first) as next_end_date
from discharge
inner join {{ ref('int_indicators__unit') }} as unit on discharge.person_key = unit.person_key
where unit.basis = 'linked'
