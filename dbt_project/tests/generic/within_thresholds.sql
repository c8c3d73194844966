{#-
    Over the last twelve months and all practices of a vendor together, no check of the severity fails
    more often than its threshold accepts: one row per check that does.
-#}
{% test within_thresholds(model, level) %}
    select
        status.check_id,
        status.vendor,
        sum(status.violated_count) as violated_count,
        sum(status.denominator_count) as denominator_count,
        max(status.max_share) as max_share
    from {{ model }} as status
    where
        status.is_last_year
        and status.severity = '{{ level }}'
    group by status.check_id, status.vendor
    having sum(status.violated_count) > max(status.max_share) * sum(status.denominator_count)
{% endtest %}
