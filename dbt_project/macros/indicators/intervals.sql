{#- 95 % limits; the constant is the 97.5 % quantile of the normal distribution. -#}
{% macro _z() %}cast(1.959963984540054 as double){% endmacro %}

{#- Wilson score interval of a share (J Am Stat Assoc 1927;22:209), 12 digits; null without a denominator. -#}
{% macro wilson_low(numerator, denominator) -%}
    {{ _wilson(numerator, denominator, '-') }}
{%- endmacro %}

{% macro wilson_high(numerator, denominator) -%}
    {{ _wilson(numerator, denominator, '+') }}
{%- endmacro %}

{% macro _wilson(numerator, denominator, sign) -%}
    {%- set n = "nullif(" ~ denominator ~ ", 0)" -%}
    {%- set p = "(cast(" ~ numerator ~ " as double) / cast(" ~ n ~ " as double))" -%}
    {%- set zz = "(" ~ _z() ~ " * " ~ _z() ~ ")" -%}
    {#- Both engines' greatest and least pass over null: nobody in the denominator would give limits of 1. -#}
    case when {{ denominator }} > 0 then greatest(0, least(1, round(
        (
            {{ p }} + {{ zz }} / cast(2 * {{ n }} as double)
            {{ sign }} {{ _z() }} * sqrt(
                {{ p }} * (1 - {{ p }}) / cast({{ n }} as double) + {{ zz }} / cast(4 * {{ n }} * {{ n }} as double)
            )
        ) / cast(1 + {{ zz }} / cast({{ n }} as double) as double),
        12
    ))) end
{%- endmacro %}

{#-
    Limits of a Poisson count by Byar's approximation (Breslow and Day, Statistical methods in cancer research, vol. II,
    1987): within 1 % of the exact limits from a count of 5, lower limit 0 at a count of 0.
-#}
{% macro poisson_low(count) -%}
    case
        when {{ count }} = 0 then cast(0 as double)
        else {{ _byar('cast(' ~ count ~ ' as double)', '-') }}
    end
{%- endmacro %}

{% macro poisson_high(count) -%}
    {{ _byar('cast(' ~ count ~ ' + 1 as double)', '+') }}
{%- endmacro %}

{% macro _byar(c, sign) -%}
    {{ c }} * power(
        greatest(0, 1 - cast(1 as double) / (9 * {{ c }}) {{ sign }} {{ _z() }} / (3 * sqrt({{ c }}))), 3
    )
{%- endmacro %}
