-- Contacts that arrive with a change set more than 30 days after they took place: entered late, or dated back. What a full delivery
-- brings is history and says nothing about delay.
with contact as (
    select
        practice_pseudo,
        record_id,
        min(delivery_sequence) as first_sequence,
        min(encounter_date) as encounter_date
    from {{ ref('stg_encounter') }}
    where source != 'snds' and encounter_date is not null
    group by practice_pseudo, record_id
),

delivery as (
    select practice_pseudo, delivery_sequence, period_start, period_end
    from {{ ref('stg_delivery') }}
    where source != 'snds' and delivery_kind = 'changes'
)

select
    practice.practice_key,
    {{ month_start('delivery.period_end') }} as month_start_date,
    'DQ-LAG' as measure,
    cast(
        sum(case when contact.encounter_date < {{ add_days('delivery.period_start', -30) }} then 1 else 0 end) as bigint
    ) as violated_count,
    cast(count(*) as bigint) as denominator_count,
    {{ median(days_between('contact.encounter_date', 'delivery.period_end')) }} as lag_median_days,
    {{ quantile(days_between('contact.encounter_date', 'delivery.period_end'), 0.95) }} as lag_p95_days
from contact
inner join delivery
    on
        contact.practice_pseudo = delivery.practice_pseudo
        and contact.first_sequence = delivery.delivery_sequence
inner join {{ ref('dim_practice') }} as practice on contact.practice_pseudo = practice.practice_pseudo
group by practice.practice_key, {{ month_start('delivery.period_end') }}
