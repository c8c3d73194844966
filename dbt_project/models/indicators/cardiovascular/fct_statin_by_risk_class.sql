-- Treatment by risk class, the primary reading of cardiovascular prevention: active patients of each practice, from its own record.
with person as (
    select risk.*
    from {{ ref('int_cardiovascular__risk') }} as risk
    inner join {{ ref('int_indicators__membership') }} as membership
        on risk.person_key = membership.person_key and risk.practice_key = membership.practice_key
    inner join {{ ref('stg_run') }} as run
        on membership.valid_from <= run.as_of_date and membership.valid_to > run.as_of_date
    where risk.basis = 'record' and membership.population_basis = 'active'
),

classed as (
    select
        practice_key, 'esc2021' as scheme, category_esc2021 as category, is_on_statin, ldl_mmol_l,
        is_ldl_on_goal_esc2021 as is_ldl_on_goal
    from person
    union all
    select
        practice_key, 'eas2025' as scheme, category_esc_eas2025 as category, is_on_statin, ldl_mmol_l,
        is_ldl_on_goal_esc_eas2025 as is_ldl_on_goal
    from person
)

select
    practice_key,
    scheme,
    coalesce(category, 'unknown') as category,
    cast(count(*) as bigint) as person_count,
    cast(sum(case when is_on_statin then 1 else 0 end) as bigint) as on_statin_count,
    cast(count(ldl_mmol_l) as bigint) as ldl_measured_count,
    cast(sum(case when is_ldl_on_goal then 1 else 0 end) as bigint) as ldl_on_goal_count,
    {{ ratio('sum(case when is_on_statin then 1 else 0 end)', 'count(*)') }} as on_statin_share
from classed
group by practice_key, scheme, coalesce(category, 'unknown')
