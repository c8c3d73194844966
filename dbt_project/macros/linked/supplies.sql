{#-
    CTEs ending in `carried`: from which to which outpatient day each supply of `relation` (position, supplied_days,
    carry_cap_days; one row per keys and position or later) covers. A supply starts where the one before ends, but not
    later than its own day plus the cap: what is left beyond is lost.

    The end of a supply is f(end before) = min(high, max(low, end before + shift)): such functions composed are again
    of that form, so that all ends come from combining 1, 2, 4, … neighbours. Only people who ever hold more than
    the cap need it; for the others the end is a running maximum.
-#}
{% macro carried_supplies(relation, keys) -%}
{%- set by = keys | join(', ') -%}
running as (
    select
        {{ relation }}.*,
        sum(supplied_days) over supplies as days_so_far
    from {{ relation }}
    window supplies as (
        partition by {{ by }} order by supply_date nulls first
        rows between unbounded preceding and current row
    )
),

uncapped as (
    select
        running.*,
        days_so_far + max(position - (days_so_far - supplied_days)) over (
            partition by {{ by }} order by supply_date nulls first
            rows between unbounded preceding and current row
        ) as free_end
    from running
),

left_over as (
    select
        uncapped.*,
        max(case when free_end - supplied_days - position > carry_cap_days then 1 else 0 end) over (
            partition by {{ by }}
        ) as is_capped
    from uncapped
),

combined_0 as (
    select
        left_over.*,
        cast(supplied_days as bigint) as shift,
        position + supplied_days as low,
        position + carry_cap_days + supplied_days as high
    from left_over
    where is_capped = 1
),

{% for round in range(9) -%}
{%- set here = 'combined_' ~ round -%}
neighboured_{{ round }} as (
    select
        {{ here }}.*,
        lag(shift, {{ 2 ** round }}) over supplies as shift_before,
        lag(low, {{ 2 ** round }}) over supplies as low_before,
        lag(high, {{ 2 ** round }}) over supplies as high_before
    from {{ here }}
    window supplies as (partition by {{ by }} order by supply_date nulls first)
),

combined_{{ round + 1 }} as (
    select
        {{ by }},
        supply_date,
        supplied_days,
        carry_cap_days,
        is_large_pack,
        position,
        free_end,
        case when shift_before is null then shift else shift + shift_before end as shift,
        case when shift_before is null then low else least(high, greatest(low, low_before + shift)) end as low,
        case when shift_before is null then high else least(high, greatest(low, high_before + shift)) end as high
    from neighboured_{{ round }}
),

{% endfor -%}
ended as (
    select {{ by }}, supply_date, supplied_days, is_large_pack, position, low as end_position, carry_cap_days
    from combined_9
    union all
    select {{ by }}, supply_date, supplied_days, is_large_pack, position, free_end as end_position, carry_cap_days
    from left_over
    where is_capped = 0
),

started as (
    select
        ended.*,
        end_position - supplied_days as from_position
    from ended
),

carried as (
    select
        {{ by }},
        supply_date,
        supplied_days,
        is_large_pack,
        cast(from_position as bigint) as from_position,
        cast(
            least(
                end_position,
                coalesce(
                    lead(from_position) over (partition by {{ by }} order by supply_date nulls first), end_position
                )
            ) as bigint
        ) as to_position
    from started
)
{%- endmacro %}
