{#-
    How one person with a status counts, 0 or 1 for each count. The rate is among observable people, so that a "yes" found
    for somebody whose "no" could never have been seen does not raise it: those are counted apart. `eligible` is everybody
    the measure could have answered for: the denominator of the bounds.
-#}
{% macro count_condition(name) -%}
    {%- if name == 'denominator' -%} is_observable and status in ('met', 'not_met', 'declined')
    {%- elif name == 'numerator' -%} is_observable and status = 'met'
    {%- elif name == 'declined' -%} status = 'declined'
    {%- elif name == 'excluded' -%} status = 'excluded'
    {%- elif name == 'unknown' -%} status = 'unknown'
    {%- elif name == 'met_unobservable' -%} not is_observable and status = 'met'
    {%- elif name == 'eligible' -%} status != 'excluded'
    {%- endif -%}
{%- endmacro %}

{#- Share among observable people, its bounds over everybody eligible, and its interval. -#}
{% macro indicator_share_columns() -%}
    {{ ratio('numerator_count', 'denominator_count') }} as share,
    {{ ratio('numerator_count + met_unobservable_count', 'eligible_count') }} as share_low,
    {{ ratio('numerator_count + met_unobservable_count + unknown_count', 'eligible_count') }} as share_high,
    {{ wilson_low('numerator_count', 'denominator_count') }} as ci_low,
    {{ wilson_high('numerator_count', 'denominator_count') }} as ci_high
{%- endmacro %}
