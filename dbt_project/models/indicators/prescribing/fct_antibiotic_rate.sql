-- ATB-RATE: how often people of 16 to 65 years without a long-term illness are given an antibiotic, counted in dispensings, as the
-- ROSP did: several of one person all count. The people are those of whom ATB-ANY says yes or no once linked. At the date up to
-- which claims are complete: dispensings still on their way would be missing from the count.
with run as (
    select claims_as_of_date as reference_date from {{ ref('stg_run') }}
),

patient as (
    select status.person_key, status.practice_key
    from {{ ref('fct_indicator_status_interval') }} as status
    inner join run
        on
            status.valid_from_date <= run.reference_date
            and (status.valid_to_date is null or status.valid_to_date > run.reference_date)
    inner join {{ ref('int_indicators__membership') }} as membership
        on
            status.person_key = membership.person_key
            and status.practice_key = membership.practice_key
            and run.reference_date >= membership.valid_from
            and run.reference_date < membership.valid_to
    where
        status.indicator_id = 'ATB-ANY'
        and status.linked_is_observable
        and status.linked_status in ('met', 'not_met')
        and membership.basis = 'linked'
        and membership.population_basis = 'declared'
),

-- Boxes of one substance handed out on one day are one dispensing.
dispensing as (
    select distinct dispensing.person_key, dispensing.atc_code, dispensing.dispensing_date
    from {{ ref('fct_dispensing') }} as dispensing
    cross join run
    inner join {{ ref('code_list') }} as antibiotic
        on antibiotic.code_system = 'ATC' and starts_with(dispensing.atc_code, antibiotic.code)
    where
        antibiotic.list_name = 'antibiotic'
        and dispensing.source = 'snds'
        and dispensing.dispensing_date <= run.reference_date
        and {{ window_end('dispensing.dispensing_date', 12) }} > run.reference_date
),

counted as (
    select
        patient.practice_key,
        cast(count(distinct patient.person_key) as bigint) as patient_count,
        cast(count(dispensing.person_key) as bigint) as dispensing_count
    from patient
    left join dispensing on patient.person_key = dispensing.person_key
    group by patient.practice_key
)

select
    counted.practice_key,
    run.reference_date,
    counted.patient_count,
    counted.dispensing_count,
    {{ ratio('100 * counted.dispensing_count', 'counted.patient_count') }} as dispensings_per_100
from counted
cross join run
