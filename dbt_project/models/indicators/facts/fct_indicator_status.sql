with run as (
    select as_of_date from {{ ref('stg_run') }}
),

catalogue as (
    select
        indicator.indicator_id,
        indicator.indicator_version,
        indicator.record_observed_by,
        indicator.linked_observed_by,
        indicator.record_unknown_reason,
        indicator.linked_unknown_reason
    from {{ ref('indicator') }} as indicator
    cross join run
    where
        indicator.valid_from <= run.as_of_date
        and (indicator.valid_to is null or indicator.valid_to > run.as_of_date)
),

-- What holds at the date, one row per unit and measure. No evidence is looked for outside the denominator.
standing as (
    select
        part.indicator_id,
        part.indicator_version,
        part.unit_key,
        max(case when part.part = 'denominator' then 1 else 0 end) as is_in_denominator,
        min(case when part.part = 'exclusion' then part.reason_code end) as exclusion_reason,
        max(case when part.part = 'exclusion' then 1 else 0 end) as is_excluded,
        max(case when part.part = 'numerator' then part.evidence_date end) as met_date,
        max(case when part.part = 'numerator' and part.evidence_source = 'ehr' then 1 else 0 end) as is_met_in_ehr,
        max(case when part.part = 'numerator' and part.evidence_source = 'snds' then 1 else 0 end) as is_met_in_claims,
        max(case when part.part = 'declined' then part.evidence_date end) as declined_date,
        max(case when part.part = 'not_met' then part.evidence_date end) as not_met_date,
        min(case when part.part = 'not_met' then part.reason_code end) as not_met_reason,
        min(case when part.part = 'unobservable' then part.reason_code end) as unobservable_reason
    from {{ ref('int_indicators__part') }} as part
    inner join run on part.valid_from <= run.as_of_date and part.valid_to > run.as_of_date
    group by part.indicator_id, part.indicator_version, part.unit_key
),

judged as (
    select
        standing.*,
        catalogue.record_unknown_reason,
        catalogue.linked_unknown_reason,
        (observable.unit_key is not null and standing.unobservable_reason is null)
        or standing.not_met_date is not null
        or (
            standing.met_date is not null
            and case
                when standing.unit_key > 0 then catalogue.record_observed_by
                else catalogue.linked_observed_by
            end = 'evidence'
        ) as is_observable
    from standing
    inner join catalogue
        on
            standing.indicator_id = catalogue.indicator_id
            and standing.indicator_version = catalogue.indicator_version
    cross join run
    left join {{ ref('int_indicators__observable') }} as observable
        on
            standing.indicator_id = observable.indicator_id
            and standing.indicator_version = observable.indicator_version
            and standing.unit_key = observable.unit_key
            and run.as_of_date >= observable.valid_from
            and run.as_of_date < observable.valid_to
    where standing.is_in_denominator = 1
),

unit_status as (
    select
        judged.indicator_id,
        judged.indicator_version,
        unit.person_key,
        unit.practice_key,
        unit.basis,
        {{ indicator_status(
            'judged.is_excluded = 1', 'judged.met_date is not null', 'judged.declined_date is not null',
            'judged.not_met_date is not null', 'judged.is_observable'
        ) }} as status,
        judged.is_observable,
        case
            when judged.is_excluded = 1 then judged.exclusion_reason
            when judged.met_date is not null then 'evidence'
            when judged.declined_date is not null then 'declined'
            when judged.not_met_date is not null then judged.not_met_reason
            when judged.is_observable then 'no_evidence'
            when judged.unobservable_reason is not null then judged.unobservable_reason
            when unit.basis = 'record' then judged.record_unknown_reason
            when not unit.is_linked_snds then 'not_linked'
            else judged.linked_unknown_reason
        end as reason_code,
        case
            when judged.is_excluded = 1 then cast(null as date)
            else coalesce(judged.met_date, judged.declined_date, judged.not_met_date)
        end as evidence_date,
        case
            when judged.is_excluded = 1 or judged.met_date is null then cast(null as string)
            when judged.is_met_in_ehr = 1 and judged.is_met_in_claims = 1 then 'both'
            when judged.is_met_in_claims = 1 then 'snds'
            else 'ehr'
        end as evidence_source
    from judged
    inner join {{ ref('int_indicators__every_unit') }} as unit on judged.unit_key = unit.unit_key
),

-- Whoever is declared with a practice or was seen there in three years; a person known from claims alone has no practice.
panel as (
    select distinct membership.person_key, membership.practice_key
    from {{ ref('int_indicators__membership') }} as membership
    inner join run on membership.valid_from <= run.as_of_date and membership.valid_to > run.as_of_date
    where membership.population_basis = 'panel'
),

pair as (
    select person_key, practice_key from panel
    union all
    select unit.person_key, cast(null as bigint) as practice_key
    from {{ ref('int_indicators__every_unit') }} as unit
    where
        unit.basis = 'linked'
        and not exists (
            select 1 from panel
            where panel.person_key = unit.person_key
        )
),

record_status as (
    select * from unit_status
    where basis = 'record'
),

linked_status as (
    select * from unit_status
    where basis = 'linked'
),

applicable as (
    select pair.person_key, pair.practice_key, record_status.indicator_id, record_status.indicator_version
    from pair
    inner join record_status
        on pair.person_key = record_status.person_key and pair.practice_key = record_status.practice_key
    union
    select pair.person_key, pair.practice_key, linked_status.indicator_id, linked_status.indicator_version
    from pair
    inner join linked_status on pair.person_key = linked_status.person_key
)

select
    applicable.indicator_id,
    applicable.indicator_version,
    applicable.person_key,
    applicable.practice_key,
    run.as_of_date as reference_date,
    case
        when record_status.status is not null then record_status.status
        when applicable.practice_key is null then 'unknown'
        else 'not_applicable'
    end as record_status,
    case
        when record_status.status is not null then record_status.reason_code
        when applicable.practice_key is null then 'no_record'
        else 'not_in_denominator'
    end as record_reason_code,
    coalesce(record_status.is_observable, false) as record_is_observable,
    record_status.evidence_date as record_evidence_date,
    coalesce(linked_status.status, 'not_applicable') as linked_status,
    coalesce(linked_status.reason_code, 'not_in_denominator') as linked_reason_code,
    coalesce(linked_status.is_observable, false) as linked_is_observable,
    linked_status.evidence_date as linked_evidence_date,
    linked_status.evidence_source as linked_evidence_source
from applicable
cross join run
left join record_status
    on
        applicable.person_key = record_status.person_key
        and applicable.practice_key = record_status.practice_key
        and applicable.indicator_id = record_status.indicator_id
        and applicable.indicator_version = record_status.indicator_version
left join linked_status
    on
        applicable.person_key = linked_status.person_key
        and applicable.indicator_id = linked_status.indicator_id
        and applicable.indicator_version = linked_status.indicator_version
