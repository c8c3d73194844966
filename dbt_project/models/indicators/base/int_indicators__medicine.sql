-- Two ways of counting medicines over twelve months: continuous, where one was given on three different dates, and
-- cumulative, where it was given at all. Topical medicines, vaccines and contrast media do not count. Linked people are
-- judged on what was dispensed.
with given as (
    select unit.unit_key, prescription.atc_code, prescription.prescription_date as given_date
    from {{ ref('fct_prescription') }} as prescription
    inner join {{ ref('int_indicators__unit') }} as unit
        on prescription.person_key = unit.person_key and prescription.practice_key = unit.practice_key
    where unit.basis = 'record'
    union all
    select unit.unit_key, prescription.atc_code, prescription.prescription_date as given_date
    from {{ ref('fct_prescription') }} as prescription
    inner join {{ ref('int_indicators__unit') }} as unit on prescription.person_key = unit.person_key
    where unit.basis = 'linked' and not unit.is_linked_snds
    union all
    select unit.unit_key, dispensing.atc_code, dispensing.dispensing_date as given_date
    from {{ ref('fct_dispensing') }} as dispensing
    inner join {{ ref('int_indicators__unit') }} as unit on dispensing.person_key = unit.person_key
    where unit.basis = 'linked' and unit.is_linked_snds
),

medicine_day as (
    select distinct given.unit_key, given.atc_code, given.given_date
    from given
    where
        length(given.atc_code) = 7
        and substr(given.atc_code, 1, 1) not in ('D', 'S')
        and substr(given.atc_code, 1, 3) not in ('J07', 'V08')
),

spaced as (
    select
        unit_key,
        atc_code,
        given_date,
        lag(given_date, 2) over (partition by unit_key, atc_code order by given_date nulls first) as earlier_date
    from medicine_day
),

taken as (
    select
        unit_key,
        atc_code,
        'continuous' as variant,
        given_date as valid_from,
        {{ window_end('earlier_date', 12) }} as valid_to
    from spaced
    where earlier_date is not null
    union all
    select
        unit_key,
        atc_code,
        'cumulative' as variant,
        given_date as valid_from,
        {{ window_end('given_date', 12) }} as valid_to
    from spaced
)

{{ merged_intervals('taken', ['unit_key', 'atc_code', 'variant']) }}
