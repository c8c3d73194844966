-- When a "no" could have been seen: the sources the catalogue names for the basis, over the whole look-back window.
with member as (
    select distinct indicator_id, indicator_version, unit_key
    from {{ ref('int_indicators__part') }}
    where
        part = 'denominator'
        and {{ is_unit_in_work('unit_key') }}
),

-- Deliveries of claims may reach further back for visits than for medicines: those count as known from their first month on.
medicine as (
    select min(dispensing_date) as first_date
    from {{ ref('fct_dispensing') }}
    where source = 'snds'
),

channel as (
    select
        unit_key, 'ehr' as channel, ehr_from_date as observed_from_date, ehr_to_date as observed_to_date
    from {{ ref('int_indicators__observation') }}
    where ehr_from_date is not null
    union all
    select
        unit_key, 'claims' as channel, claims_from_date as observed_from_date, claims_to_date as observed_to_date
    from {{ ref('int_indicators__observation') }}
    where claims_from_date is not null
    union all
    select
        observation.unit_key,
        'dispensing' as channel,
        greatest(observation.claims_from_date, {{ month_start('medicine.first_date') }}) as observed_from_date,
        observation.claims_to_date as observed_to_date
    from {{ ref('int_indicators__observation') }} as observation
    cross join medicine
    where observation.claims_from_date is not null and medicine.first_date is not null
),

span as (
    select
        member.indicator_id,
        member.indicator_version,
        member.unit_key,
        {{ observable_from('channel.observed_from_date', 'indicator.look_back_months') }} as valid_from,
        least({{ add_days('channel.observed_to_date', 1) }}, {{ open_end() }}) as valid_to
    from member
    inner join {{ ref('indicator') }} as indicator
        on member.indicator_id = indicator.indicator_id and member.indicator_version = indicator.indicator_version
    inner join channel on member.unit_key = channel.unit_key
    -- Linked units have negative keys.
    where
        case when member.unit_key > 0 then indicator.record_observed_by else indicator.linked_observed_by end
        in (channel.channel, 'either')
)

{{ merged_intervals('span', ['indicator_id', 'indicator_version', 'unit_key']) }}
