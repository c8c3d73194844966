{#- Can lines of this claim's person and day cancel each other? Without a person or a day nothing can be ruled out. -#}
{% macro is_in_doubt(claim) -%}
    coalesce(doubtful.patient_pseudo is not null or {{ claim }}.patient_pseudo is null or {{ claim }}.care_date is null, false)
{%- endmacro %}

{#-
    Lines of claims by delivery and outcome: the reason they were removed for, else kept, or cancelled where
    the quantities of one act (same `act` columns) sum to nothing. Lines that nothing can cancel
    fall into one group a delivery, so that a country's lines pass without being sorted.
-#}
{% macro outcomes_of(lines, act, also=[]) %}
    select
        delivery_id,
        {% for column in also %}{{ column }},{% endfor %}
        outcome,
        sum(row_count) as row_count
    from (
        select
            delivery_id,
            {% for column in also %}{{ column }},{% endfor %}
            case
                when removal_reason is not null then removal_reason
                when not is_in_doubt then 'kept'
                when sum(quantity) over (
                    partition by removal_reason, is_in_doubt, {{ act | join(', ') }}
                ) > 0 then 'kept'
                else 'cancelled'
            end as outcome,
            row_count
        from (
            select
                delivery_id,
                {% for column in also %}{{ column }},{% endfor %}
                removal_reason,
                is_in_doubt,
                {% for column in act %}
                    case when is_in_doubt then {{ column }} end as {{ column }},
                {% endfor %}
                sum(quantity) as quantity,
                count(*) as row_count
            from {{ lines }}
            group by all
        ) as acts
    ) as told
    group by all
{%- endmacro %}
