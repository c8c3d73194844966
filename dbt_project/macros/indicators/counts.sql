{#-
    The counts of a group of people, one status each. The rate is among observable people, so that a "yes" found for
    somebody whose "no" could never have been seen does not raise it: those are counted apart.
-#}
{% macro indicator_count_columns() -%}
    cast(sum(case when is_observable and status in ('met', 'not_met', 'declined') then 1 else 0 end) as bigint)
        as denominator_count,
    cast(sum(case when is_observable and status = 'met' then 1 else 0 end) as bigint) as numerator_count,
    cast(sum(case when status = 'declined' then 1 else 0 end) as bigint) as declined_count,
    cast(sum(case when status = 'excluded' then 1 else 0 end) as bigint) as excluded_count,
    cast(sum(case when status = 'unknown' then 1 else 0 end) as bigint) as unknown_count,
    cast(sum(case when not is_observable and status = 'met' then 1 else 0 end) as bigint) as met_unobservable_count,
    -- Everybody the measure could have answered for: the denominator of the bounds.
    cast(sum(case when status != 'excluded' then 1 else 0 end) as bigint) as eligible_count,
    cast(
        sum(case
            when is_observable and status in ('met', 'not_met', 'declined')
                then cast(expected_share as decimal(18, 12))
        end) as decimal(38, 12)
    ) as expected_sum
{%- endmacro %}

{#- Share among observable people, its bounds over everybody eligible, its interval, and what age and sex lead to expect. -#}
{% macro indicator_share_columns() -%}
    {{ ratio('numerator_count', 'denominator_count') }} as share,
    {{ ratio('numerator_count + met_unobservable_count', 'eligible_count') }} as share_low,
    {{ ratio('numerator_count + met_unobservable_count + unknown_count', 'eligible_count') }} as share_high,
    {{ wilson_low('numerator_count', 'denominator_count') }} as ci_low,
    {{ wilson_high('numerator_count', 'denominator_count') }} as ci_high,
    {{ ratio('expected_sum', 'denominator_count') }} as expected_share
{%- endmacro %}
