{#-
    Everything an indicator says is true over an interval [valid_from, valid_to): from the first reference date on which
    it holds up to the first on which it no longer does. A status at a date is what holds there; history costs nothing.
-#}

{#- The end of what has no end. -#}
{% macro open_end() -%}
    cast('9999-12-31' as date)
{%- endmacro %}

{#-
    The first reference date D for which `date` has left the window (D - months, D]: D - months with end-of-month clamp
    has reached it. 29 February + 24 months is 1 March, because 28 February still looks back to 28 February.
-#}
{% macro window_end(date, months) -%}
    case
        when extract(day from {{ add_months(date, months) }}) = extract(day from {{ date }}) then {{ add_months(date, months) }}
        else {{ add_days(add_months(date, months), 1) }}
    end
{%- endmacro %}

{#- The first date on which somebody born in the month starting at `birth_month_date` has completed these years. -#}
{% macro age_reached(birth_month_date, years) -%}
    {{ add_months(birth_month_date, 12 * years) }}
{%- endmacro %}

{#-
    The union of overlapping or touching intervals: one row per keys and block, with the least and greatest bounds.
    `relation` is a name or subquery with the keys, valid_from and valid_to.
-#}
{% macro merged_intervals(relation, keys) -%}
    {%- set by = keys | join(', ') -%}
    select {{ by }}, min(valid_from) as valid_from, max(valid_to) as valid_to
    from (
        select {{ by }}, valid_from, valid_to,
            sum(is_start) over (
                partition by {{ by }}
                order by valid_from nulls first, valid_to nulls first
                rows between unbounded preceding and current row
            ) as block
        from (
            select {{ by }}, valid_from, valid_to,
                case
                    when valid_from <= max(valid_to) over (
                        partition by {{ by }}
                        order by valid_from nulls first, valid_to nulls first
                        rows between unbounded preceding and 1 preceding
                    ) then 0
                    else 1
                end as is_start
            from (
                {#- Each interval once: of two alike, either may come first, and the second would start a block of its own. -#}
                select distinct {{ by }}, valid_from, valid_to
                from {{ relation }}
                where valid_from < valid_to
            ) as interval_once
        ) as marked
    ) as blocked
    group by {{ by }}, block
{%- endmacro %}

{#-
    Where all of several conditions hold at once. `relation` has the keys, `condition_name`, valid_from and valid_to,
    without overlap inside one condition; the result has the keys and the intervals on which `condition_count`
    different conditions hold.
-#}
{% macro where_all_hold(relation, keys, condition_count) -%}
    {%- set by = keys | join(', ') -%}
    select {{ by }}, valid_from, valid_to
    from (
        select {{ by }}, change_date as valid_from, holding,
            coalesce(
                lead(change_date) over (partition by {{ by }} order by change_date nulls first), {{ open_end() }}
            ) as valid_to
        from (
            select {{ by }}, change_date,
                sum(change) over (
                    partition by {{ by }} order by change_date nulls first
                    rows between unbounded preceding and current row
                ) as holding
            from (
                select {{ by }}, change_date, cast(sum(change) as bigint) as change
                from (
                    select {{ by }}, valid_from as change_date, 1 as change from {{ relation }}
                    union all
                    select {{ by }}, valid_to as change_date, -1 as change from {{ relation }}
                ) as bounds
                group by {{ by }}, change_date
            ) as changes
        ) as running
    ) as spans
    where holding >= {{ condition_count }} and valid_from < valid_to
{%- endmacro %}
