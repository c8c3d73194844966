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

{#- The shape of the text has been checked: d and M take one or two digits, dd and MM exactly two. -#}
{% macro spark__try_date(text, format) -%}
    {%- set day, month = ('dd', 'MM') if format == '%Y%m%d' else ('d', 'M') -%}
    {%- set shape = format | replace('%Y', 'yyyy') | replace('%m', month) | replace('%d', day) -%}
    cast(try_to_timestamp({{ text }}, '{{ shape }}') as date)
{%- endmacro %}

{#- Java writes 1.0E7 and 1.0E-5, 1.0E20 and NaN where DuckDB writes 10000000.0 and 1e-05, 1e+20 and nan. -#}
{% macro spark__number_text(number) -%}
    {%- set text = "cast(cast(" ~ number ~ " as double) as string)" -%}
    case
        when not contains({{ text }}, 'E') then replace(lower({{ text }}), 'infinity', 'inf')
        when abs({{ number }}) >= 1e-4 and abs({{ number }}) < 1e16
            then regexp_replace(
                regexp_replace(cast(cast({{ text }} as decimal(38, 20)) as string), '0+$', '', 'g'), '[.]$', '.0', 'g'
            )
        else regexp_replace(
            regexp_replace(replace(lower({{ text }}), '.0e', 'e'), 'e([0-9])', 'e+\1', 'g'),
            'e([+-])([0-9])$', 'e\10\2', 'g'
        )
    end
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
    {%- set digest = 'md5(' ~ key_text(columns) ~ ')' -%}
    cast(cast(conv(
        {% for byte in range(7, -1, -1) -%}
            substr({{ digest }}, {{ 2 * byte + 1 }}, 2) {%- if not loop.last %} || {% endif -%}
        {%- endfor %}, 16, -10
    ) as bigint) & 9223372036854775807 as bigint)
{%- endmacro %}
