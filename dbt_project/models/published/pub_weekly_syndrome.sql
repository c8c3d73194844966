-- Candidates: the release step suppresses small cells before anything leaves. No practice appears.
select
    week.territory_level,
    week.territory_code,
    week.place_basis,
    week.week_start_date,
    week.syndrome_id,
    syndrome.title_fr,
    syndrome.title_en,
    week.case_count,
    week.reporting_practices,
    week.population,
    week.incidence_per_100k,
    week.ci_low,
    week.ci_high,
    week.is_consolidated,
    coalesce(alarm.is_pre_alert, false) as is_pre_alert,
    coalesce(alarm.is_alarm, false) as is_alarm
from {{ ref('fct_weekly_syndrome') }} as week
inner join {{ ref('syndrome') }} as syndrome on week.syndrome_id = syndrome.syndrome_id
left join (
    select
        territory_level, territory_code, place_basis, week_start_date, syndrome_id,
        max(case when is_pre_alert then 1 else 0 end) = 1 as is_pre_alert,
        max(case when is_alarm then 1 else 0 end) = 1 as is_alarm
    from {{ ref('fct_surveillance_alarm') }}
    group by territory_level, territory_code, place_basis, week_start_date, syndrome_id
) as alarm
    on
        week.territory_level = alarm.territory_level
        and week.territory_code = alarm.territory_code
        and week.place_basis = alarm.place_basis
        and week.week_start_date = alarm.week_start_date
        and week.syndrome_id = alarm.syndrome_id
where week.territory_level != 'practice' and syndrome.is_published
