-- One state per person, the first that holds in this order. Claims are judged where they are complete, six months ago.
with run as (
    select as_of_date, claims_as_of_date from {{ ref('stg_run') }}
),

claims as (
    select min(period_start) as observed_from_date
    from {{ ref('stg_delivery') }}
    where source = 'snds'
),

person as (
    select
        unit.unit_key,
        unit.person_key,
        unit.life_end_date,
        unit.is_linked_snds,
        case when unit.is_linked_snds then claims.observed_from_date end as claims_from_date
    from {{ ref('int_indicators__every_unit') }} as unit
    cross join run
    cross join claims
    where
        unit.basis = 'linked'
        and (
            unit.birth_month_date is null
            or {{ age_reached('unit.birth_month_date', 16) }} <= run.as_of_date
        )
),

chart as (
    select
        person_key,
        max(coalesce(end_date, {{ open_end() }})) as last_end_date,
        max(case when is_declared and coalesce(end_date, {{ open_end() }}) > run.claims_as_of_date then 1 else 0 end)
        = 1
            as is_declared_in_record
    from {{ ref('fct_registration') }}
    cross join run
    group by person_key
),

record_contact as (
    select unit_key, max(contact_date) as last_contact_date, max(case when is_gp then contact_date end) as last_gp_date
    from {{ ref('int_pathway__contact') }}
    inner join run on contact_date <= run.as_of_date
    group by unit_key
),

-- A register row outlives the doctor's practice: one who signed no contact in a year is declared all the same, and inactive.
active_doctor as (
    select distinct encounter.practitioner_key
    from {{ ref('fct_encounter') }} as encounter
    inner join run
        on
            encounter.encounter_date <= run.claims_as_of_date
            and encounter.encounter_date > {{ add_months('run.claims_as_of_date', -12) }}
    where encounter.practitioner_key is not null
),

declared as (
    select
        treating_doctor.person_key,
        max(case
            when treating_doctor.practitioner_key is null or active_doctor.practitioner_key is not null then 1 else 0
        end) = 0 as is_doctor_inactive
    from {{ ref('fct_treating_doctor') }} as treating_doctor
    inner join run
        on
            treating_doctor.start_date <= run.claims_as_of_date
            and (treating_doctor.end_date is null or treating_doctor.end_date > run.claims_as_of_date)
    left join active_doctor on treating_doctor.practitioner_key = active_doctor.practitioner_key
    where treating_doctor.person_key is not null
    group by treating_doctor.person_key
),

-- What the last claim that tells says of a declared GP, two years at most: without a row, one that names a GP contradicts.
told as (
    select person_key, role
    from (
        select
            claim_month.person_key,
            pathway.role,
            row_number() over (
                partition by claim_month.person_key
                order by claim_month.month_start_date desc nulls last, pathway.role asc nulls last
            ) as recency
        from {{ ref('fct_claim_month') }} as claim_month
        inner join run
            on
                claim_month.month_start_date <= run.claims_as_of_date
                and claim_month.month_start_date > {{ add_months('run.claims_as_of_date', -24) }}
        inner join {{ ref('code_list') }} as pathway
            on
                pathway.list_name = 'declared_gp_at_care_date'
                and pathway.code = cast(claim_month.pathway_code as string)
        where claim_month.person_key is not null
    ) as ordered_month
    where recency = 1
),

exempted as (
    select claim_month.person_key, max(claim_month.last_exempted_date) as last_exempted_date
    from {{ ref('fct_claim_month') }} as claim_month
    inner join run on claim_month.last_exempted_date <= run.claims_as_of_date
    where claim_month.person_key is not null
    group by claim_month.person_key
),

long_stay as (
    select distinct stay.person_key
    from {{ ref('fct_hospital_stay') }} as stay
    inner join run
        on
            stay.start_date <= run.claims_as_of_date
            and stay.end_date > {{ add_months('run.claims_as_of_date', -6) }}
    where {{ days_between('stay.start_date', 'stay.end_date') }} > 30
    union
    select distinct cast(-event.unit_key as bigint) as person_key
    from {{ ref('int_pathway__event') }} as event
    inner join run
        on
            event.event_date <= run.as_of_date
            and event.event_date > {{ add_months('run.as_of_date', -6) }}
    where event.unit_key < 0 and event.list_name = 'institution'
    union
    select distinct claim_month.person_key
    from {{ ref('fct_claim_month') }} as claim_month
    inner join run
        on
            claim_month.month_start_date <= run.as_of_date
            and claim_month.month_start_date > {{ add_months('run.as_of_date', -6) }}
    where claim_month.is_in_nursing_home
),

chronic as (
    select disease.unit_key, min(disease.case_name) as case_name
    from {{ ref('int_pathway__case') }} as disease
    inner join run on disease.case_date <= run.claims_as_of_date
    where disease.unit_key < 0 and disease.case_name != 'long_term_illness'
    group by disease.unit_key
),

illness as (
    select illness.person_key, min(illness.long_term_illness_code) as long_term_illness_code
    from {{ ref('fct_long_term_illness') }} as illness
    inner join run
        on
            illness.start_date <= run.claims_as_of_date
            and (illness.end_date is null or illness.end_date > run.claims_as_of_date)
    group by illness.person_key
),

stopped as (
    select person_key, min(treatment) as treatment
    from {{ ref('int_pathway__stopped_treatment') }}
    group by person_key
),

ordered as (
    select person_key, min(missing_test) as missing_test
    from {{ ref('int_pathway__missing_test') }}
    group by person_key
),

known as (
    select
        person.person_key,
        person.life_end_date <= run.as_of_date as is_deceased,
        long_stay.person_key is not null as is_in_institution,
        chart.last_end_date is not null and chart.last_end_date <= run.as_of_date as has_moved,
        not person.is_linked_snds as is_unlinked,
        person.claims_from_date is null
        or {{ observable_from('person.claims_from_date', 24) }} > run.claims_as_of_date as is_claims_window_short,
        coalesce(claim.last_claim_date, cast('1900-01-01' as date)) <= {{ add_months('run.claims_as_of_date', -24) }}
        and coalesce(record_contact.last_contact_date, cast('1900-01-01' as date))
        <= {{ add_months('run.claims_as_of_date', -24) }} as is_without_care,
        declared.person_key is null
        and not coalesce(chart.is_declared_in_record, false)
        and coalesce(told.role, 'mt_none') = 'mt_none' as is_without_declared_gp,
        coalesce(declared.is_doctor_inactive, false) as is_declared_gp_inactive,
        chronic.case_name as chronic_case,
        coalesce(claim.last_gp_claim_date, cast('1900-01-01' as date)) <= {{ add_months('run.claims_as_of_date', -12) }}
        and coalesce(record_contact.last_gp_date, cast('1900-01-01' as date))
        <= {{ add_months('run.claims_as_of_date', -12) }} as is_without_gp_contact,
        illness.long_term_illness_code,
        coalesce(exempted.last_exempted_date, cast('1900-01-01' as date)) <= {{ add_months('run.claims_as_of_date', -12) }}
            as is_without_exempted_claim,
        stopped.treatment as stopped_treatment,
        ordered.missing_test,
        record_contact.last_gp_date as last_record_contact_date,
        claim.last_gp_claim_date
    from person
    cross join run
    left join chart on person.person_key = chart.person_key
    left join record_contact on person.unit_key = record_contact.unit_key
    left join {{ ref('int_pathway__claim_activity') }} as claim on person.person_key = claim.person_key
    left join declared on person.person_key = declared.person_key
    left join told on person.person_key = told.person_key
    left join exempted on person.person_key = exempted.person_key
    left join long_stay on person.person_key = long_stay.person_key
    left join chronic on person.unit_key = chronic.unit_key
    left join illness on person.person_key = illness.person_key
    left join stopped on person.person_key = stopped.person_key
    left join ordered on person.person_key = ordered.person_key
),

final as (
    select
        known.*,
        case
            when is_deceased then 'deceased'
            when is_in_institution then 'institution'
            when has_moved then 'moved'
            when is_unlinked or is_claims_window_short then 'unknown'
            when is_without_care then 'no_care'
            when is_without_declared_gp then 'no_declared_gp'
            when chronic_case is not null and is_without_gp_contact then 'chronic_no_gp_contact'
            when long_term_illness_code is not null and is_without_exempted_claim and is_without_gp_contact
                then 'ald_without_follow_up'
            when stopped_treatment is not null then 'treatment_stopped'
            when missing_test is not null then 'ordered_test_missing'
            else 'in_care'
        end as state
    from known
)

select
    person_key,
    state,
    case state
        when 'unknown' then case when is_unlinked then 'not_linked' else 'claims_window_not_covered' end
        when 'no_care' then 'no_claim_and_no_contact_in_24_months'
        when 'no_declared_gp' then 'no_treating_doctor_in_claims_or_record'
        when 'chronic_no_gp_contact' then chronic_case
        when 'ald_without_follow_up' then long_term_illness_code
        when 'treatment_stopped' then stopped_treatment
        when 'ordered_test_missing' then missing_test
        else state
    end as reason,
    last_record_contact_date,
    last_gp_claim_date,
    is_declared_gp_inactive,
    -- What the sources behind the state cannot see.
    case state
        when 'unknown' then 'care_outside_this_practice'
        when 'no_care' then 'hospital_outpatient_and_free_care'
        when 'chronic_no_gp_contact' then 'hospital_outpatient_care'
        when 'treatment_stopped' then 'hospital_supply'
        when 'ordered_test_missing' then 'tests_done_in_hospital'
        when 'institution' then 'care_paid_by_the_institution'
    end as blind_spot
from final
