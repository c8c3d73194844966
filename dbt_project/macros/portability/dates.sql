{#- Months later (earlier when negative), clamped to the end of the month. -#}
{% macro add_months(date, months) -%}
    {{ return(adapter.dispatch('add_months', 'p4dp')(date, months)) }}
{%- endmacro %}

{% macro duckdb__add_months(date, months) -%}
    cast({{ date }} + to_months(cast({{ months }} as integer)) as date)
{%- endmacro %}

{% macro add_days(date, days) -%}
    {{ return(adapter.dispatch('add_days', 'p4dp')(date, days)) }}
{%- endmacro %}

{% macro duckdb__add_days(date, days) -%}
    cast({{ date }} + to_days(cast({{ days }} as integer)) as date)
{%- endmacro %}

{#- Days from the first date to the second, as bigint. -#}
{% macro days_between(start, finish) -%}
    {{ return(adapter.dispatch('days_between', 'p4dp')(start, finish)) }}
{%- endmacro %}

{% macro duckdb__days_between(start, finish) -%}
    cast(cast({{ finish }} as date) - cast({{ start }} as date) as bigint)
{%- endmacro %}

{#- Completed months from the first date to the second (own arithmetic: engines disagree on theirs). -#}
{% macro months_between(start, finish) -%}
    cast(
        (extract(year from {{ finish }}) - extract(year from {{ start }})) * 12
        + extract(month from {{ finish }}) - extract(month from {{ start }})
        - case when extract(day from {{ finish }}) < extract(day from {{ start }}) then 1 else 0 end
        as bigint
    )
{%- endmacro %}

{% macro month_start(date) -%}
    cast(date_trunc('month', {{ date }}) as date)
{%- endmacro %}

{% macro month_end(date) -%}
    cast(last_day({{ date }}) as date)
{%- endmacro %}

{#- The Monday of the ISO week. -#}
{% macro week_start(date) -%}
    cast(date_trunc('week', {{ date }}) as date)
{%- endmacro %}

{#- Completed years at the month of the date: a birthday month counts as reached (no birth day is kept). -#}
{% macro age_years(birth_year, birth_month, date) -%}
    cast(
        extract(year from {{ date }}) - {{ birth_year }}
        - case when extract(month from {{ date }}) < coalesce({{ birth_month }}, 1) then 1 else 0 end
        as integer
    )
{%- endmacro %}

{#-
    A text in the given format (%Y: four digits from 1000 on, %m and %d: one or two digits) as a
    date; spaces around it are left out. Null when it is anything else or no day of the calendar.
    The shape is checked first because strptime also reads years of one to three digits.
-#}
{% macro try_date(text, format) -%}
    {%- set digits = '[0-9]{2}' if format == '%Y%m%d' else '[0-9]{1,2}' -%}
    {%- set shape = format | replace('%Y', '[1-9][0-9]{3}') | replace('%m', digits) | replace('%d', digits) -%}
    case
        when regexp_full_match(trim({{ text }}), '{{ shape }}')
            then {{ adapter.dispatch('try_date', 'p4dp')('trim(' ~ text ~ ')', format) }}
    end
{%- endmacro %}

{% macro duckdb__try_date(text, format) -%}
    cast(try_strptime({{ text }}, '{{ format }}') as date)
{%- endmacro %}

{#- Rows of one column `series_date`, from start to end (included), by day, week or month. -#}
{% macro date_series(start, finish, step) -%}
    {{ return(adapter.dispatch('date_series', 'p4dp')(start, finish, step)) }}
{%- endmacro %}

{% macro duckdb__date_series(start, finish, step) -%}
    select cast(moment as date) as series_date
    from (
        select unnest(
            generate_series(cast({{ start }} as timestamp), cast({{ finish }} as timestamp), interval 1 {{ step }})
        ) as moment
    )
{%- endmacro %}
