-- Very high risk that needs no score: an atherosclerotic disease; diabetes with severe organ damage (albumin to creatinine ratio above
-- 30 mg/mmol, filtration below 45, or below 60 with a ratio of 3 or more); a filtration below 30, below 45 with a ratio of 3 or more,
-- or below 60 with a ratio above 30: the very high cells of seed kidney_category. A filtration rate counts once confirmed by another
-- 90 days to 36 months later.
with filtration as (
    select
        value.unit_key,
        value.value_date,
        {{ ckd_epi_2009(
            'value.value',
            age_years('extract(year from unit.birth_month_date)', 'extract(month from unit.birth_month_date)', 'value.value_date'),
            'unit.sex'
        ) }} as egfr
    from {{ ref('int_indicators__value') }} as value
    inner join {{ ref('int_indicators__unit') }} as unit on value.unit_key = unit.unit_key
    where value.measure = 'creatinine' and value.value is not null
),

confirmed as (
    select
        later.unit_key,
        min(later.value_date) as below_60_date,
        min(case when later.egfr < 45 and earlier.egfr < 45 then later.value_date end) as below_45_date,
        min(case when later.egfr < 30 and earlier.egfr < 30 then later.value_date end) as below_30_date
    from filtration as later
    inner join filtration as earlier
        on
            later.unit_key = earlier.unit_key
            and earlier.egfr < 60
            and later.value_date >= {{ add_days('earlier.value_date', 90) }}
            and later.value_date < {{ window_end('earlier.value_date', 36) }}
    where later.egfr < 60
    group by later.unit_key
),

disease as (
    select
        unit_key,
        min(case when case_name = 'ascvd' then case_date end) as ascvd_date,
        min(case when case_name = 'diabetes' then case_date end) as diabetes_date
    from {{ ref('int_indicators__case') }}
    where case_name in ('ascvd', 'diabetes')
    group by unit_key
),

albumin as (
    select
        unit_key,
        min(value_date) as raised_date,
        min(case when value > 30 then value_date end) as severe_date
    from {{ ref('int_indicators__value') }}
    where measure = 'acr' and value >= 3
    group by unit_key
),

found as (
    select unit_key, 'ascvd' as reason_code, ascvd_date as found_date
    from disease
    where ascvd_date is not null
    union all
    select
        disease.unit_key,
        'diabetes_organ_damage' as reason_code,
        greatest(disease.diabetes_date, damage.damage_date) as found_date
    from disease
    inner join (
        select unit_key, severe_date as damage_date from albumin
        union all
        select unit_key, below_45_date as damage_date from confirmed
        union all
        select confirmed.unit_key, greatest(confirmed.below_60_date, albumin.raised_date) as damage_date
        from confirmed
        inner join albumin on confirmed.unit_key = albumin.unit_key
    ) as damage
        on disease.unit_key = damage.unit_key
    where disease.diabetes_date is not null and damage.damage_date is not null
    union all
    select unit_key, 'kidney_disease' as reason_code, below_30_date as found_date
    from confirmed
    where below_30_date is not null
    union all
    select
        confirmed.unit_key,
        'kidney_disease_with_albumin' as reason_code,
        greatest(confirmed.below_45_date, albumin.raised_date) as found_date
    from confirmed
    inner join albumin on confirmed.unit_key = albumin.unit_key
    where confirmed.below_45_date is not null
    union all
    select
        confirmed.unit_key,
        'kidney_disease_with_albumin' as reason_code,
        greatest(confirmed.below_60_date, albumin.severe_date) as found_date
    from confirmed
    inner join albumin on confirmed.unit_key = albumin.unit_key
    where albumin.severe_date is not null
)

select unit_key, reason_code, min(found_date) as found_date
from found
group by unit_key, reason_code
