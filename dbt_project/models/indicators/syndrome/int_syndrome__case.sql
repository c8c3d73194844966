-- The first contact of an episode is the case; the episode lasts until its days have passed without a further contact,
-- wherever the contacts took place.
with person_day as (
    select syndrome_id, person_key, contact_date, min(practice_key) as practice_key
    from {{ ref('int_syndrome__contact') }}
    group by syndrome_id, person_key, contact_date
),

spaced as (
    select
        person_day.syndrome_id,
        person_day.person_key,
        person_day.contact_date,
        person_day.practice_key,
        syndrome.episode_days,
        lag(person_day.contact_date) over (
            partition by person_day.syndrome_id, person_day.person_key
            order by person_day.contact_date nulls first
        ) as previous_date
    from person_day
    inner join {{ ref('syndrome') }} as syndrome on person_day.syndrome_id = syndrome.syndrome_id
)

select
    spaced.syndrome_id,
    spaced.person_key,
    spaced.contact_date as case_date,
    {{ week_start('spaced.contact_date') }} as week_start_date,
    spaced.practice_key,
    practice.commune_code as practice_commune_code,
    patient.commune_code as residence_commune_code
from spaced
left join {{ ref('dim_practice') }} as practice on spaced.practice_key = practice.practice_key
left join {{ ref('dim_patient') }} as patient on spaced.person_key = patient.person_key
where
    spaced.previous_date is null
    or {{ days_between('spaced.previous_date', 'spaced.contact_date') }} > spaced.episode_days
