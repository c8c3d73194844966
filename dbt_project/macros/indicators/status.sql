{#-
    The status of a unit that is in the denominator. Order: excluded > met > declined > not_met (only where a "no" could
    have been seen, or was) > unknown. `standing` is the alias of the row of what holds at the date.
-#}
{% macro indicator_status(standing) -%}
    case
        when {{ standing }}.is_excluded = 1 then 'excluded'
        when {{ standing }}.met_date is not null then 'met'
        when {{ standing }}.declined_date is not null then 'declined'
        when {{ standing }}.not_met_date is not null then 'not_met'
        when {{ indicator_is_observable(standing, 'catalogue', 'observation', 'unit.basis', 'run.as_of_date') }} then 'not_met'
        else 'unknown'
    end
{%- endmacro %}

{#-
    Could a "no" have been seen? The source named by the catalogue for this basis must have been observed over the whole
    look-back window (D - months, D]: `ehr`, `claims`, `either`; `evidence`: only a recorded answer, yes or no, tells;
    `none`: never.
-#}
{% macro indicator_is_observable(standing, catalogue, observation, basis, reference_date) -%}
    case
        when {{ standing }}.not_met_date is not null then true
        else case
            case {{ basis }} when 'record' then {{ catalogue }}.record_observed_by else {{ catalogue }}.linked_observed_by end
            when 'ehr' then coalesce({{ _observed(observation, 'ehr', catalogue, reference_date) }}, false)
            when 'claims' then coalesce({{ _observed(observation, 'claims', catalogue, reference_date) }}, false)
            when 'either' then
                coalesce({{ _observed(observation, 'ehr', catalogue, reference_date) }}, false)
                or coalesce({{ _observed(observation, 'claims', catalogue, reference_date) }}, false)
            when 'evidence' then {{ standing }}.met_date is not null
            else false
        end
    end
{%- endmacro %}

{% macro _observed(observation, channel, catalogue, reference_date) -%}
    (
        {{ window_end(add_days(observation ~ '.' ~ channel ~ '_from_date', -1), catalogue ~ '.look_back_months') }}
        <= {{ reference_date }}
        and {{ observation }}.{{ channel }}_to_date >= {{ reference_date }}
    )
{%- endmacro %}
