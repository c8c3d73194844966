-- Recording an input settles the class of those who lack nothing else.
with risk as (
    select risk.person_key, risk.practice_key, risk.missing_inputs
    from {{ ref('int_cardiovascular__risk') }} as risk
    inner join {{ ref('int_indicators__membership') }} as membership
        on risk.person_key = membership.person_key and risk.practice_key = membership.practice_key
    inner join {{ ref('stg_run') }} as run
        on membership.valid_from <= run.as_of_date and membership.valid_to > run.as_of_date
    where
        risk.basis = 'record'
        and membership.population_basis = 'active'
        and risk.missing_inputs != ''
        and risk.category_esc2021 is null
        and risk.category_esc_dm2023 is null
),

input as (
    {% for name in ['smoking', 'sbp', 'total_cholesterol', 'hdl', 'hba1c', 'egfr'] -%}
        select '{{ name }}' as missing_input
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

counted as (
    select
        risk.practice_key,
        input.missing_input,
        cast(count(*) as bigint) as patient_count,
        cast(sum(case when risk.missing_inputs = input.missing_input then 1 else 0 end) as bigint) as settled_count
    from risk
    inner join input on ',' || risk.missing_inputs || ',' like '%,' || input.missing_input || ',%'
    group by risk.practice_key, input.missing_input
)

select
    practice_key,
    missing_input,
    patient_count,
    settled_count,
    cast(row_number() over (
        partition by practice_key
        order by settled_count desc nulls last, patient_count desc nulls last, missing_input asc nulls first
    ) as integer) as advice_rank
from counted
