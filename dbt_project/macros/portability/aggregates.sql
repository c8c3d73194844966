{#- The value on the row with the greatest `order_by`, NULL values included. -#}
{% macro latest(value, order_by) -%}
    {{ return(adapter.dispatch('latest', 'p4dp')(value, order_by)) }}
{%- endmacro %}

{% macro duckdb__latest(value, order_by) -%}
    arg_max_null({{ value }}, {{ order_by }})
{%- endmacro %}

{#- Continuous quantile (linear interpolation) over doubles; NULLs are left out. -#}
{% macro quantile(value, share) -%}
    {{ return(adapter.dispatch('quantile', 'p4dp')(value, share)) }}
{%- endmacro %}

{% macro duckdb__quantile(value, share) -%}
    quantile_cont(cast({{ value }} as double), {{ share }})
{%- endmacro %}

{% macro median(value) -%}
    {{ quantile(value, 0.5) }}
{%- endmacro %}
