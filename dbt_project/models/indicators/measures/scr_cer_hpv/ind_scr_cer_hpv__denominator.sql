-- Women of 30 to 65 while a test of either kind covers them.
with covered as (
    select
        coverage.unit_key,
        greatest(coverage.valid_from, {{ age_reached('unit.birth_month_date', 30) }}) as valid_from,
        least(coverage.valid_to, {{ age_reached('unit.birth_month_date', 66) }}, unit.life_end_date) as valid_to
    from {{ ref('ind_scr_cer_cov__numerator') }} as coverage
    inner join {{ ref('int_indicators__unit') }} as unit on coverage.unit_key = unit.unit_key
    where unit.birth_month_date is not null and unit.sex = 'F'
)

{{ merged_intervals('covered', ['unit_key']) }}
