-- Whose facts this run must make again: patients of new deliveries (of the whole practice when the
-- delivery is full, of the deliveries it replaces, of the records it withdraws) and of changed links,
-- with every other identity of the same person, and of a record they share. On the first run and when
-- everything is due the table stays empty: the ledger then makes each fact model rebuild itself whole.
{{ config(post_hook="{{ record_due() }}") }}

{% if is_incremental() and not has_withdrawn_delivery() %}
with deliveries as (
    select
        delivery_id,
        source,
        practice_pseudo,
        delivery_kind,
        period_start,
        period_end
    from {{ ref('stg_delivery') }}
),

new_deliveries as (
    select
        deliveries.delivery_id,
        deliveries.source,
        deliveries.practice_pseudo,
        deliveries.delivery_kind,
        deliveries.period_start,
        deliveries.period_end
    from deliveries
    where deliveries.delivery_id not in (select seen.delivery_id from ledger.processed_delivery as seen)
),

touched_deliveries as (
    select deliveries.delivery_id
    from deliveries
    inner join new_deliveries
        on
            deliveries.source = new_deliveries.source
            and deliveries.practice_pseudo is not distinct from new_deliveries.practice_pseudo
            and (
                deliveries.delivery_id = new_deliveries.delivery_id
                or (deliveries.source <> 'snds' and new_deliveries.delivery_kind = 'full')
                or (
                    deliveries.delivery_kind = new_deliveries.delivery_kind
                    and deliveries.period_start = new_deliveries.period_start
                    and deliveries.period_end = new_deliveries.period_end
                )
            )
),

delivered as (
    select
        record.source,
        record.patient_pseudo
    from {{ ref('stg_delivered_record') }} as record
    where record.delivery_id in (select touched_deliveries.delivery_id from touched_deliveries)
),

withdrawn as (
    select
        record.source,
        record.patient_pseudo
    from {{ ref('stg_delivered_record') }} as record
    inner join {{ ref('stg_suppression') }} as suppression
        on
            record.source = suppression.source
            and record.practice_pseudo = suppression.practice_pseudo
            and record.record_id = suppression.record_id
    where suppression.delivery_id in (select touched_deliveries.delivery_id from touched_deliveries)
),

links as (
    select
        link.source,
        link.patient_pseudo,
        link.person_key
    from {{ source('register', 'person_link') }} as link
),

relinked as (
    select
        coalesce(links.source, seen.source) as source,
        coalesce(links.patient_pseudo, seen.patient_pseudo) as patient_pseudo
    from links
    full outer join ledger.processed_link as seen
        on
            links.source = seen.source
            and links.patient_pseudo = seen.patient_pseudo
    where links.person_key is distinct from seen.person_key
),

changed as (
    select source, patient_pseudo
    from delivered
    union
    select source, patient_pseudo
    from withdrawn
    union
    select source, patient_pseudo
    from relinked
),

known_links as (
    select source, patient_pseudo, person_key
    from links
    union
    select source, patient_pseudo, person_key
    from ledger.processed_link
),

changed_persons as (
    select distinct known_links.person_key
    from known_links
    inner join changed
        on
            known_links.source = changed.source
            and known_links.patient_pseudo = changed.patient_pseudo
),

due as (
    select source, patient_pseudo, cast(null as bigint) as person_key
    from changed
    union
    select known_links.source, known_links.patient_pseudo, known_links.person_key
    from known_links
    inner join changed_persons
        on known_links.person_key = changed_persons.person_key
),

-- A record that moved from one patient to another has versions under both: neither is resolved alone.
own_records as (
    select distinct
        record.source,
        record.practice_pseudo,
        record.record_id
    from {{ ref('stg_delivered_record') }} as record
    where
        record.record_id is not null
        and (record.source, record.patient_pseudo) in (select due.source, due.patient_pseudo from due)
),

sharing as (
    select distinct
        record.source,
        record.patient_pseudo
    from {{ ref('stg_delivered_record') }} as record
    inner join own_records
        on
            record.source = own_records.source
            and record.practice_pseudo = own_records.practice_pseudo
            and record.record_id = own_records.record_id
),

final as (
    select source, patient_pseudo, person_key
    from due
    union
    select sharing.source, sharing.patient_pseudo, known_links.person_key
    from sharing
    left join known_links
        on
            sharing.source = known_links.source
            and sharing.patient_pseudo = known_links.patient_pseudo
    left join due
        on
            sharing.source = due.source
            and sharing.patient_pseudo = due.patient_pseudo
    where due.source is null
)

select
    cast({{ current_batch() + 1 }} as bigint) as due_batch,
    cast(source as string) as source,
    cast(patient_pseudo as string) as patient_pseudo,
    person_key
from final
where patient_pseudo is not null
{% else %}
-- depends_on: {{ ref('stg_delivery') }} {{ ref('stg_delivered_record') }} {{ ref('stg_suppression') }}
-- depends_on: {{ source('register', 'person_link') }}
    select
        cast(null as bigint) as due_batch,
        cast(null as string) as source,
        cast(null as string) as patient_pseudo,
        cast(null as bigint) as person_key
    where false
{% endif %}
