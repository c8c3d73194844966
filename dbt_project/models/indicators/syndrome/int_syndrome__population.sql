-- Active patients of each practice by commune of residence at the start of each week: entries and exits are summed per
-- week and accumulated, so that persons are never crossed with weeks.
with member as (
    select
        membership.practice_key,
        coalesce(patient.commune_code, '') as residence_commune_code,
        membership.valid_from,
        membership.valid_to
    from {{ ref('int_indicators__membership') }} as membership
    left join {{ ref('dim_patient') }} as patient on membership.person_key = patient.person_key
    where membership.population_basis = 'active'
),

change as (
    -- Counted from the week after the entry: active at the start of the week.
    select
        practice_key,
        residence_commune_code,
        {{ week_start(add_days('valid_from', 6)) }} as week_start_date,
        1 as change
    from member
    union all
    select
        practice_key,
        residence_commune_code,
        {{ week_start(add_days('valid_to', 6)) }} as week_start_date,
        -1 as change
    from member
    where valid_to < {{ open_end() }}
),

changed_week as (
    select practice_key, residence_commune_code, week_start_date, cast(sum(change) as bigint) as change
    from change
    group by practice_key, residence_commune_code, week_start_date
),

running as (
    select
        practice_key,
        residence_commune_code,
        week_start_date as valid_from_date,
        coalesce(
            lead(week_start_date) over (
                partition by practice_key, residence_commune_code order by week_start_date nulls first
            ),
            {{ open_end() }}
        ) as valid_to_date,
        cast(sum(change) over (
            partition by practice_key, residence_commune_code order by week_start_date nulls first
            rows between unbounded preceding and current row
        ) as bigint) as active_count
    from changed_week
)

select practice_key, residence_commune_code, valid_from_date, valid_to_date, active_count
from running
where active_count > 0
