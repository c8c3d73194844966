{#-
    Spark's side of the portability macros: what they give is stated beside their DuckDB side
    and compared in tests/spark/test_expressions.py. The text passes through the translation
    like any other, so it has to parse as DuckDB SQL.
-#}
{% macro spark__latest(value, order_by) -%}
    max_by({{ value }}, {{ order_by }})
{%- endmacro %}

{% macro spark__quantile(value, share) -%}
    percentile(cast({{ value }} as double), {{ share }})
{%- endmacro %}

{% macro spark__add_months(date, months) -%}
    add_months(cast({{ date }} as date), cast({{ months }} as integer))
{%- endmacro %}

{% macro spark__add_days(date, days) -%}
    date_add(cast({{ date }} as date), cast({{ days }} as integer))
{%- endmacro %}

{% macro spark__days_between(start, finish) -%}
    cast(date_diff('day', {{ start }}, {{ finish }}) as bigint)
{%- endmacro %}

{#- strptime's %d and %m take one or two digits where a separator ends them, two where none does. -#}
{% macro spark__try_date(text, format) -%}
    {%- set separated = format | replace('%Y', '') | replace('%m', '') | replace('%d', '') != '' -%}
    {%- set day, month = ('d', 'M') if separated else ('dd', 'MM') -%}
    cast(
        try_to_timestamp(
            {{ text }}, '{{ format | replace('%Y', 'yyyy') | replace('%m', month) | replace('%d', day)
                | replace('%H', 'HH') | replace('%M', 'mm') | replace('%S', 'ss') | replace('T', "''T''") }}'
        ) as date
    )
{%- endmacro %}

{% macro spark__date_series(start, finish, step) -%}
    select series_date
    from (
        select explode(
            sequence(
                cast({{ start }} as date),
                greatest(cast({{ start }} as date), cast({{ finish }} as date)),
                interval 1 {{ step }}
            )
        ) as series_date
    )
    where series_date <= cast({{ finish }} as date)
{%- endmacro %}

{% macro spark__surrogate_key(columns) -%}
    shiftrightunsigned(cast(conv(substr(md5({{ key_text(columns) }}), 1, 16), 16, -10) as bigint), 1)
{%- endmacro %}
