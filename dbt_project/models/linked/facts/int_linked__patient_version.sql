-- Every version of a patient row that its practice sent and that counts: the history of residence and registration comes
-- from here, never from the clock of a run. A full delivery says what charts are today, so that a chart it leaves out is no
-- chart; of a chart it holds, what earlier deliveries said stays its history.
with patients as (
    select
        source,
        practice_pseudo,
        patient_pseudo,
        record_id,
        delivery_id,
        delivery_row,
        birth_year,
        birth_month,
        sex,
        commune_code,
        death_date,
        is_declared,
        registration_start_date,
        registration_end_date
    from {{ ref('stg_patient') }}
    where {{ is_due() }}
),

standing as (
    select
        patients.*,
        delivery.version_order,
        delivery.period_start,
        delivery.period_end,
        max(case when delivery.is_current then 1 else 0 end) over (
            partition by patients.source, patients.practice_pseudo, patients.patient_pseudo
        ) as is_held_today
    from patients
    inner join {{ ref('stg_delivery') }} as delivery
        on patients.delivery_id = delivery.delivery_id
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
            patients.source = withdrawn.source
            and patients.practice_pseudo = withdrawn.practice_pseudo
            and patients.record_id = withdrawn.record_id
    where
        (delivery.is_current or not delivery.is_superseded)
        and (
            withdrawn.upto_version_rank is null
            or delivery.version_order * 10000000000 + patients.delivery_row > withdrawn.upto_version_rank
        )
),

versions as (
    select
        standing.*,
        row_number() over (
            partition by source, patient_pseudo
            order by version_order desc nulls last, delivery_row desc nulls last
        ) as version_number
    from standing
    where is_held_today = 1
)

select
    link.person_key,
    versions.source,
    versions.patient_pseudo,
    {{ surrogate_key(['versions.practice_pseudo']) }} as practice_key,
    cast(versions.version_number as integer) as version_number,
    versions.period_start,
    versions.period_end,
    versions.birth_year,
    versions.birth_month,
    versions.sex,
    versions.commune_code,
    versions.death_date,
    versions.is_declared,
    versions.registration_start_date,
    versions.registration_end_date
from versions
inner join {{ ref('fct_patient_link') }} as link
    on
        versions.source = link.source
        and versions.patient_pseudo = link.patient_pseudo
