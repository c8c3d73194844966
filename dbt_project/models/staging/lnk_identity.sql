-- Every source identity there is any record of, with the traits of its latest current version: what
-- linkage reads. A record whose patient row never came still gives an identity, without traits.
with versions as (
    select
        patient.source,
        patient.practice_pseudo,
        patient.patient_pseudo,
        patient.nir_pseudo,
        patient.nir_status,
        patient.traits_pseudo,
        patient.birth_year,
        patient.birth_month,
        patient.sex,
        patient.commune_code,
        patient.death_date,
        row_number() over (
            partition by patient.source, patient.practice_pseudo, patient.patient_pseudo
            order by delivery.version_order desc nulls last, patient.delivery_row desc nulls last
        ) as version_number
    from {{ ref('stg_patient') }} as patient
    inner join {{ ref('stg_delivery') }} as delivery
        on patient.delivery_id = delivery.delivery_id
    where delivery.is_current
),

latest_versions as (
    select
        source,
        practice_pseudo,
        patient_pseudo,
        nir_pseudo,
        nir_status,
        traits_pseudo,
        birth_year,
        birth_month,
        sex,
        commune_code,
        death_date
    from versions
    where version_number = 1
),

-- A beneficiary paired with several numbers is known by the one practices know, a certified one first.
known_numbers as (
    select
        nir_pseudo,
        max(case when nir_status = 'certified' then 2 else 1 end) as certainty
    from latest_versions
    where nir_pseudo is not null
    group by nir_pseudo
),

pairings as (
    select
        pairing.source,
        pairing.patient_pseudo,
        pairing.nir_pseudo
    from {{ ref('stg_snds__pairing') }} as pairing
    left join known_numbers
        on pairing.nir_pseudo = known_numbers.nir_pseudo
    qualify
        row_number() over (
            partition by pairing.patient_pseudo
            order by known_numbers.certainty desc nulls last, pairing.nir_pseudo asc nulls last
        ) = 1
),

recorded as (
    select distinct
        record.source,
        record.practice_pseudo,
        record.patient_pseudo
    from {{ ref('stg_delivered_record') }} as record
    inner join {{ ref('stg_delivery') }} as delivery
        on record.delivery_id = delivery.delivery_id
    where
        delivery.is_current
        and record.patient_pseudo is not null
)

select
    recorded.source,
    recorded.practice_pseudo,
    recorded.patient_pseudo,
    coalesce(pairings.nir_pseudo, known.nir_pseudo) as nir_pseudo,
    case when pairings.nir_pseudo is not null then 'certified' else coalesce(known.nir_status, 'missing') end
        as nir_status,
    known.traits_pseudo,
    known.birth_year,
    known.birth_month,
    coalesce(known.sex, 'U') as sex,
    coalesce(changed.commune_code, known.commune_code) as commune_code,
    known.death_date
from recorded
left join latest_versions as known
    on
        recorded.source = known.source
        and recorded.patient_pseudo = known.patient_pseudo
        and recorded.practice_pseudo is not distinct from known.practice_pseudo
left join pairings
    on
        recorded.source = pairings.source
        and recorded.patient_pseudo = pairings.patient_pseudo
-- a commune merged into another since is that other one, whichever file still has the former code
left join {{ ref('stg_commune_change') }} as changed
    on known.commune_code = changed.former_code
