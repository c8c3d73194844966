-- A person whom no claim is tied to is unknown to the claims: never counted as seen there, nor as
-- without care. One row per person (and indicator) for whom a mart says more than the record does.
with claims as (
    select distinct person_key
    from {{ ref('fct_patient_link') }}
    where source = 'snds'
),

care as (
    select
        person_key,
        count(*) as identity_count
    from {{ ref('fct_patient_link') }}
    where source <> 'snds'
    group by person_key
),

statuses as (
    select
        status.indicator_id as mart,
        status.person_key,
        status.linked_status as said
    from {{ ref('fct_indicator_status') }} as status
    inner join care
        on status.person_key = care.person_key
    left join claims
        on status.person_key = claims.person_key
    where
        claims.person_key is null
        and (
            status.linked_evidence_source in ('snds', 'both')
            or (
                -- one record alone: linking adds nothing, it can only leave unknown
                care.identity_count = 1
                and status.record_reason_code is distinct from 'no_record'
                and status.linked_status <> 'unknown'
                and status.linked_status <> status.record_status
            )
        )
),

pathways as (
    select
        'fct_out_of_pathway' as mart,
        pathway.person_key,
        pathway.state as said
    from {{ ref('fct_out_of_pathway') }} as pathway
    left join claims
        on pathway.person_key = claims.person_key
    where
        claims.person_key is null
        and pathway.state in ('no_care', 'no_declared_gp')
)

select
    mart,
    person_key,
    said
from statuses
union all
select
    mart,
    person_key,
    said
from pathways
