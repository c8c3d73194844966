-- When a missing contact says nothing about care: in an institution (six months from its last mark), in a stay of more than thirty days
-- and the six months after it, moved away (every chart closed), pregnant. Stays, closed charts elsewhere and the claims' mark of a
-- nursing home are known to the linked basis only.
with institution as (
    select unit_key, event_date as seen_date
    from {{ ref('int_indicators__event') }}
    where list_name = 'institution'
    union all
    select cast(-claim_month.person_key as bigint) as unit_key, claim_month.month_start_date as seen_date
    from {{ ref('fct_claim_month') }} as claim_month
    where
        claim_month.is_in_nursing_home
        and claim_month.person_key is not null
        and {{ is_in_work('claim_month.person_key') }}
),

long_stay as (
    select cast(-stay.person_key as bigint) as unit_key, stay.start_date, stay.end_date
    from {{ ref('fct_hospital_stay') }} as stay
    where
        stay.person_key is not null
        and {{ is_in_work('stay.person_key') }}
        and {{ days_between('stay.start_date', 'stay.end_date') }} > 30
),

last_chart as (
    select cast(-registration.person_key as bigint) as unit_key, max(coalesce(registration.end_date, {{ open_end() }})) as end_date
    from {{ ref('fct_registration') }} as registration
    where
        registration.practice_key is not null
        and registration.person_key is not null
        and {{ is_in_work('registration.person_key') }}
    group by registration.person_key
),

found as (
    select
        unit_key,
        seen_date as valid_from,
        {{ window_end('seen_date', 6) }} as valid_to,
        'institution' as reason_code
    from institution
    union all
    select
        unit_key,
        {{ add_days('start_date', 31) }} as valid_from,
        {{ window_end('end_date', 6) }} as valid_to,
        'long_stay' as reason_code
    from long_stay
    union all
    select
        unit_key,
        end_date as valid_from,
        {{ open_end() }} as valid_to,
        'moved' as reason_code
    from last_chart
    union all
    select
        unit_key,
        event_date as valid_from,
        {{ window_end('event_date', 9) }} as valid_to,
        'pregnancy' as reason_code
    from {{ ref('int_indicators__event') }}
    where list_name = 'pregnancy' and entity = 'condition'
)

{{ merged_intervals('found', ['unit_key', 'reason_code']) }}
