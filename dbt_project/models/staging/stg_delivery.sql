with deliveries as (
    select
        delivery_id,
        source,
        vendor,
        software_version,
        contract_version,
        practice_pseudo,
        commune_code,
        structure_type,
        university_zone,
        delivery_sequence,
        delivery_kind,
        period_start,
        period_end,
        received_date,
        received_row_count,
        accepted_row_count,
        quarantined_row_count,
        duplicate_row_count,
        is_synthetic
    from {{ source('p4dp', 'delivery') }}
    {% if not var('with_snds') %}
    where source <> 'snds'
    {% endif %}
),

-- Practices number their deliveries; claims come by flow month, each numbered on its own.
ordered as (
    select
        *,
        case
            when source = 'snds'
                then cast(
                    (extract(year from period_start) * 100 + extract(month from period_start)) * 100
                    + delivery_sequence as bigint
                )
            else delivery_sequence
        end as version_order,
        -- a partial delivery (files of it were rejected) adds records and replaces no delivery;
        -- rows replayed from quarantine come under the sequence of their own delivery: neither replaces the other
        delivery_kind <> 'partial'
        and rank() over (
            partition by source, practice_pseudo, delivery_kind, period_start, period_end
            order by delivery_sequence desc nulls last
        ) > 1 as is_superseded
    from deliveries
),

final as (
    select
        *,
        coalesce(
            not is_superseded
            and version_order >= coalesce(
                max(case when delivery_kind = 'full' and not is_superseded then version_order end)
                    over (partition by source, practice_pseudo),
                0
            ),
            false
        ) as is_current
    from ordered
)

select
    delivery_id,
    source,
    vendor,
    software_version,
    contract_version,
    practice_pseudo,
    commune_code,
    structure_type,
    university_zone,
    delivery_sequence,
    delivery_kind,
    period_start,
    period_end,
    received_date,
    received_row_count,
    accepted_row_count,
    quarantined_row_count,
    duplicate_row_count,
    is_synthetic,
    version_order,
    is_superseded,
    is_current
from final
