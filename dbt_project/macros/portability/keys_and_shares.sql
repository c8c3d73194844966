{#-
    Integer surrogate of one or several texts: the first eight bytes of their md5, lowest first, without the sign.
    Null when every part is null. The bits are the same on every engine.
-#}
{% macro surrogate_key(columns) -%}
    {{ return(adapter.dispatch('surrogate_key', 'p4dp')(columns)) }}
{%- endmacro %}

{% macro key_text(columns) -%}
    {%- if columns | length == 1 -%}
        cast({{ columns[0] }} as string)
    {%- else -%}
        {% for column in columns -%}
            coalesce(cast({{ column }} as string), '') {%- if not loop.last %} || '|' || {% endif -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

{% macro duckdb__surrogate_key(columns) -%}
    cast(md5_number({{ key_text(columns) }}) & 9223372036854775807 as bigint)
{%- endmacro %}

{#- A share: numerator / denominator as double, 12 digits; null when the denominator is zero or null. -#}
{% macro ratio(numerator, denominator) -%}
    round(cast({{ numerator }} as double) / nullif(cast({{ denominator }} as double), 0), 12)
{%- endmacro %}

{#- Rounded the same on both engines: through DECIMAL, half away from zero. From 10^15 on, as it is. -#}
{% macro round_to(value, digits) -%}
    case
        when abs({{ value }}) < 1e15 then cast(round(cast({{ value }} as decimal(38, 12)), {{ digits }}) as double)
        else cast({{ value }} as double)
    end
{%- endmacro %}

{#- A text of digits as bigint, null when it is anything else. -#}
{% macro try_integer(text) -%}
    case when regexp_matches(trim({{ text }}), '^[+-]?[0-9]{1,18}$') then cast(trim({{ text }}) as bigint) end
{%- endmacro %}
