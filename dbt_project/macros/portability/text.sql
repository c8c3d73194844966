{#- A double as text, the shortest that reads back as the same number: 5.2, 120.0, 1e-07, nan. -#}
{% macro number_text(number) -%}
    {{ return(adapter.dispatch('number_text', 'p4dp')(number)) }}
{%- endmacro %}

{% macro duckdb__number_text(number) -%}
    cast(cast({{ number }} as double) as string)
{%- endmacro %}
