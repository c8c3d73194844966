{#-
    The version that counts of every record in a CTE of staging rows (versions as sent): of the
    deliveries that are current, the latest by the sender's order, unless withdrawn later. The
    order in which deliveries arrived plays no part. All lines and codings of that version stay.
-#}
{% macro latest_versions(rows) -%}
    select
        version.*,
        delivery.period_end as delivered_until
    from {{ rows }} as version
    inner join {{ ref('stg_delivery') }} as delivery
        on version.delivery_id = delivery.delivery_id
    left join (
        select
            source,
            practice_pseudo,
            record_id,
            max(upto_version_rank) as upto_version_rank
        from {{ ref('stg_suppression') }}
        group by source, practice_pseudo, record_id
    ) as withdrawn
        on
            version.source = withdrawn.source
            and version.practice_pseudo = withdrawn.practice_pseudo
            and version.record_id = withdrawn.record_id
    where
        delivery.is_current
        and version.source <> 'snds'
        and (
            withdrawn.upto_version_rank is null
            or delivery.version_order * 10000000000 + version.delivery_row > withdrawn.upto_version_rank
        )
    qualify
        rank() over (
            partition by version.source, version.practice_pseudo, version.record_id
            order by delivery.version_order desc nulls last, version.delivery_row desc nulls last
        ) = 1
{%- endmacro %}

{#- The same for the reference tables of the claims, whose rows carry no practice. -#}
{% macro latest_claims_versions(rows) -%}
    select
        version.*,
        delivery.period_end as delivered_until
    from {{ rows }} as version
    inner join {{ ref('stg_delivery') }} as delivery
        on version.delivery_id = delivery.delivery_id
    where
        delivery.is_current
        and version.source = 'snds'
    qualify
        rank() over (
            partition by version.record_id
            order by delivery.version_order desc nulls last, version.delivery_row desc nulls last
        ) = 1
{%- endmacro %}

{#- Claim lines of current deliveries: they have no versions, reversals are negative lines of their own. -#}
{% macro current_claims(rows) -%}
    select claim.*
    from {{ rows }} as claim
    inner join {{ ref('stg_delivery') }} as delivery
        on claim.delivery_id = delivery.delivery_id
    where
        delivery.is_current
        and claim.source = 'snds'
{%- endmacro %}

{#-
    Claim lines as above, and lines that came with a hospital's record (`record_id`), which a later
    delivery of the same record replaces.
-#}
{% macro current_claim_lines(rows) -%}
    select claim.*
    from {{ rows }} as claim
    inner join {{ ref('stg_delivery') }} as delivery
        on claim.delivery_id = delivery.delivery_id
    where
        delivery.is_current
        and claim.source = 'snds'
        and claim.record_id is null
    union all
    select claim.*
    from {{ rows }} as claim
    inner join {{ ref('stg_delivery') }} as delivery
        on claim.delivery_id = delivery.delivery_id
    where
        delivery.is_current
        and claim.source = 'snds'
        and claim.record_id is not null
    qualify
        rank() over (
            partition by claim.record_id
            order by delivery.version_order desc nulls last, claim.delivery_row desc nulls last
        ) = 1
{%- endmacro %}

{#- Key of a record of a practice; null when there is no such record. -#}
{% macro record_key(record_id, source='source', practice='practice_pseudo') -%}
    case when {{ record_id }} is not null then {{ surrogate_key([source, practice, record_id]) }} end
{%- endmacro %}
