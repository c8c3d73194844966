select
    week.territory_level,
    week.territory_code,
    week.place_basis,
    week.week_start_date,
    week.syndrome_id,
    alarm.method,
    week.case_count,
    week.is_consolidated,
    alarm.expected_count,
    alarm.upper_bound,
    alarm.score,
    alarm.is_pre_alert,
    alarm.is_alarm,
    alarm.nowcast_count,
    alarm.nowcast_low,
    alarm.nowcast_high
from {{ source('exchange', 'surveillance_alarm') }} as alarm
inner join {{ ref('fct_weekly_syndrome') }} as week
    on
        alarm.territory_level = week.territory_level
        and alarm.territory_code = week.territory_code
        and alarm.place_basis = week.place_basis
        and alarm.week_start_date = week.week_start_date
        and alarm.syndrome_id = week.syndrome_id
