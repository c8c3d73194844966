-- Whether a practice records a vaccine at all is judged on the adults it is for: 10 % of chart holders of 65 years and more
-- with a dose in 24 months (a convention of this project).
with run as (
    select as_of_date from {{ ref('stg_run') }}
),

holder as (
    select unit.practice_key, unit.person_key
    from {{ ref('int_indicators__unit') }} as unit
    cross join run
    where
        unit.basis = 'record'
        and unit.birth_month_date is not null
        and {{ age_reached('unit.birth_month_date', 65) }} <= run.as_of_date
        and unit.life_end_date > run.as_of_date
),

holder_count as (
    select practice_key, cast(count(*) as bigint) as holder_count
    from holder
    group by practice_key
),

dose as (
    select
        vaccination.practice_key,
        vaccination.antigen,
        cast(count(distinct vaccination.person_key) as bigint) as vaccinated_count
    from {{ ref('fct_vaccination') }} as vaccination
    inner join holder
        on vaccination.practice_key = holder.practice_key and vaccination.person_key = holder.person_key
    inner join run
        on
            vaccination.vaccination_date <= run.as_of_date
            and vaccination.vaccination_date > {{ add_months('run.as_of_date', -24) }}
    where vaccination.antigen is not null
    group by vaccination.practice_key, vaccination.antigen
)

select
    dose.practice_key,
    dose.antigen,
    dose.vaccinated_count,
    holder_count.holder_count,
    dose.vaccinated_count * 10 >= holder_count.holder_count as is_in_use
from dose
inner join holder_count on dose.practice_key = holder_count.practice_key
