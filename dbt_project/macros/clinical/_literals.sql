{#- A constant as a double in both engines: a bare decimal literal would bring in decimal arithmetic. -#}
{% macro _literal(number) %}cast({{ number }} as double){% endmacro %}

{% macro _as_double(expression) %}cast(({{ expression }}) as double){% endmacro %}

{% macro _as_indicator(flag) %}case when ({{ flag }}) then cast(1 as double) else cast(0 as double) end{% endmacro %}
