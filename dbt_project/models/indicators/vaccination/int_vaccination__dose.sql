-- One dose is one day: a purchase followed by an injection within 90 days is that injection, and two facts within 14 days are one
-- dose (recorded twice, or in two places).
with fact as (
    select
        event.unit_key,
        vaccine_list.antigen,
        vaccine_list.product,
        event.event_date,
        event.evidence_source,
        coalesce(vaccine_list.is_administered, event.entity = 'vaccination') as is_administered
    from {{ ref('int_indicators__event') }} as event
    inner join {{ ref('vaccine_list') }} as vaccine_list on event.list_name = vaccine_list.list_name
    where event.entity in ('vaccination', 'dispensing', 'procedure')
),

vaccine_day as (
    select
        unit_key,
        antigen,
        event_date,
        max(product) as product,
        min(evidence_source) as evidence_source,
        max(case when is_administered then 1 else 0 end) as is_administered
    from fact
    group by unit_key, antigen, event_date
),

followed as (
    select
        *,
        min(case when is_administered = 1 then event_date end) over (
            partition by unit_key, antigen
            order by event_date nulls first
            rows between 1 following and unbounded following
        ) as next_injection_date
    from vaccine_day
),

injected as (
    select unit_key, antigen, event_date, product, evidence_source
    from followed
    where
        is_administered = 1
        or next_injection_date is null
        or next_injection_date > {{ add_days('event_date', 90) }}
),

spaced as (
    select
        *,
        lag(event_date) over (partition by unit_key, antigen order by event_date nulls first) as previous_date
    from injected
)

select unit_key, antigen, event_date as dose_date, product, evidence_source
from spaced
where previous_date is null or event_date > {{ add_days('previous_date', 14) }}
