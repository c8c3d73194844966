{#-
    The status of a unit that is in the denominator. Order: excluded > met > declined > not_met (only where a "no" could
    have been seen, or was) > unknown. Arguments are SQL conditions.
-#}
{% macro indicator_status(is_excluded, is_met, is_declined, is_not_met, is_observable) -%}
    case
        when {{ is_excluded }} then 'excluded'
        when {{ is_met }} then 'met'
        when {{ is_declined }} then 'declined'
        when {{ is_not_met }} then 'not_met'
        when {{ is_observable }} then 'not_met'
        else 'unknown'
    end
{%- endmacro %}

{#-
    The first reference date on which the whole look-back window (D - months, D] lies in what a source has observed since
    `observed_from`.
-#}
{% macro observable_from(observed_from, months) -%}
    {{ window_end(add_days(observed_from, -1), months) }}
{%- endmacro %}
