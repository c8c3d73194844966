-- A pregnancy that ended early leaves no time for it.
select pregnancy.unit_key, pregnancy.judged_from as valid_from, pregnancy.judged_to as valid_to, 'pregnancy_ended_early' as reason_code
from {{ ref('int_vaccination__pregnancy') }} as pregnancy
inner join {{ ref('int_indicators__event') }} as event
    on
        pregnancy.unit_key = event.unit_key
        and pregnancy.start_date <= event.event_date
        and pregnancy.judged_from > event.event_date
where event.list_name = 'pregnancy_ended_early' and event.entity in ('condition', 'hospital_diagnosis')
