{#- A measure is a number where its rows are sorted and summed: texts would be compared some twenty times a row. -#}
{% macro measure_number() -%}
    row_number() over (order by indicator_id nulls last, indicator_version nulls last)
{%- endmacro %}

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

{#-
    A unit at one moment of int_indicators__unit_interval. `holds` gives, for each part of a measure, the SQL condition that
    it covers the moment; `running` and `measure` are in scope.
-#}
{% macro unit_status(holds) -%}
    case
        when not {{ holds['denominator'] }} then 'not_applicable'
        else {{ indicator_status(
            holds['exclusion'], holds['numerator'], holds['declined'], holds['not_met'],
            holds['observable'] ~ ' and not ' ~ holds['unobservable']
        ) }}
    end
{%- endmacro %}

{% macro unit_is_observable(holds) -%}
    {{ holds['denominator'] }}
    and (
        ({{ holds['observable'] }} and not {{ holds['unobservable'] }})
        or {{ holds['not_met'] }}
        or (
            {{ holds['numerator'] }}
            and case when running.unit_key > 0 then measure.record_observed_by else measure.linked_observed_by end = 'evidence'
        )
    )
{%- endmacro %}
