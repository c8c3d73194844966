{#-
    Integer surrogate of one or several texts: the first 63 bits of their md5, as bigint.
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
    cast(cast('0x' || substr(md5({{ key_text(columns) }}), 1, 16) as ubigint) // 2 as bigint)
{%- endmacro %}

{#- A share: numerator / denominator as double, 12 digits; null when the denominator is zero or null. -#}
{% macro ratio(numerator, denominator) -%}
    round(cast({{ numerator }} as double) / nullif(cast({{ denominator }} as double), 0), 12)
{%- endmacro %}
