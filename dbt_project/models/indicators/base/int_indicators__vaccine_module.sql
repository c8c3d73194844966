-- Whether a practice records a vaccine at all, month by month. Adult vaccines are judged on the adults they are for: 10 % of chart
-- holders of 65 years and more with a dose in 24 months. Vaccines of childhood are judged on children of one to five years: any
-- vaccine for 80 % of them. Changes of both counts are added up in the order of their months.
with chart as (
    select distinct
        registration.person_key,
        registration.practice_key,
        make_date(patient.birth_year, patient.birth_month, 1) as birth_month_date,
        coalesce(patient.death_date, {{ open_end() }}) as life_end_date
    from {{ ref('fct_registration') }} as registration
    inner join {{ ref('dim_patient') }} as patient on registration.person_key = patient.person_key
    where registration.practice_key is not null and patient.birth_month between 1 and 12
),

holder as (
    select
        practice_key,
        person_key,
        'adult' as population,
        {{ age_reached('birth_month_date', 65) }} as from_date,
        life_end_date as to_date
    from chart
    union all
    select
        practice_key,
        person_key,
        'child' as population,
        {{ age_reached('birth_month_date', 1) }} as from_date,
        least({{ age_reached('birth_month_date', 6) }}, life_end_date) as to_date
    from chart
),

recorded as (
    select
        vaccination.practice_key,
        vaccination.person_key,
        holder.population,
        case holder.population when 'child' then 'any' else vaccination.antigen end as antigen,
        greatest(vaccination.vaccination_date, holder.from_date) as valid_from,
        least(
            holder.to_date,
            case holder.population
                when 'child' then {{ open_end() }} else {{ window_end('vaccination.vaccination_date', 24) }}
            end
        ) as valid_to
    from {{ ref('fct_vaccination') }} as vaccination
    inner join holder
        on vaccination.practice_key = holder.practice_key and vaccination.person_key = holder.person_key
    inner join {{ ref('stg_run') }} as run on vaccination.vaccination_date <= run.as_of_date
    where vaccination.antigen is not null
),

-- A person counts once, however many doses overlap.
vaccinated as (
    {{ merged_intervals('recorded', ['practice_key', 'person_key', 'population', 'antigen']) }}
),

vaccinated_change as (
    select practice_key, population, antigen, change_date, cast(sum(change) as bigint) as vaccinated_change
    from (
        select practice_key, population, antigen, valid_from as change_date, 1 as change from vaccinated
        union all
        select practice_key, population, antigen, valid_to as change_date, -1 as change from vaccinated
    ) as bound
    group by practice_key, population, antigen, change_date
),

holder_change as (
    select practice_key, population, change_date, cast(sum(change) as bigint) as holder_change
    from (
        select practice_key, population, from_date as change_date, 1 as change from holder
        where from_date < to_date
        union all
        select practice_key, population, to_date as change_date, -1 as change from holder
        where from_date < to_date
    ) as bound
    group by practice_key, population, change_date
),

month_end as (
    select {{ month_end('series.series_date') }} as reference_date
    from (
        {{ date_series(
            '(select min(first_period_date) from ' ~ ref('dim_practice') ~ ')', '(select as_of_date from ' ~ ref('stg_run') ~ ')', 'month'
        ) }}
    ) as series
    inner join {{ ref('stg_run') }} as run on {{ month_end('series.series_date') }} <= run.as_of_date
),

series_key as (
    select distinct practice_key, population, antigen from vaccinated
),

vaccinated_at as (
    select
        series_key.practice_key, series_key.population, series_key.antigen, month_end.reference_date,
        cast(coalesce(sum(vaccinated_change.vaccinated_change), 0) as bigint) as vaccinated_count
    from series_key
    cross join month_end
    left join vaccinated_change
        on
            series_key.practice_key = vaccinated_change.practice_key
            and series_key.population = vaccinated_change.population
            and series_key.antigen = vaccinated_change.antigen
            and month_end.reference_date >= vaccinated_change.change_date
    group by series_key.practice_key, series_key.population, series_key.antigen, month_end.reference_date
),

holder_at as (
    select
        holder_change.practice_key, holder_change.population, month_end.reference_date,
        cast(sum(holder_change.holder_change) as bigint) as holder_count
    from month_end
    inner join holder_change on month_end.reference_date >= holder_change.change_date
    group by holder_change.practice_key, holder_change.population, month_end.reference_date
),

judged as (
    select
        vaccinated_at.practice_key,
        vaccinated_at.population,
        vaccinated_at.antigen,
        vaccinated_at.reference_date,
        vaccinated_at.vaccinated_count * 100
        >= holder_at.holder_count * case vaccinated_at.population when 'child' then 80 else 10 end as is_in_use,
        row_number() over (
            partition by vaccinated_at.practice_key, vaccinated_at.population, vaccinated_at.antigen
            order by vaccinated_at.reference_date nulls first
        ) as month_number
    from vaccinated_at
    inner join holder_at
        on
            vaccinated_at.practice_key = holder_at.practice_key
            and vaccinated_at.population = holder_at.population
            and vaccinated_at.reference_date = holder_at.reference_date
),

changed as (
    select
        *,
        lag(is_in_use) over (
            partition by practice_key, population, antigen order by reference_date nulls first
        ) as was_in_use
    from judged
),

kept as (
    select
        practice_key,
        population,
        antigen,
        is_in_use,
        -- What was before the first month is taken to be as in it.
        case when month_number = 1 then cast('1900-01-01' as date) else reference_date end as valid_from
    from changed
    where was_in_use is null or was_in_use != is_in_use
)

select
    practice_key,
    population,
    antigen,
    is_in_use,
    valid_from,
    coalesce(
        lead(valid_from) over (partition by practice_key, population, antigen order by valid_from nulls first),
        {{ open_end() }}
    ) as valid_to
from kept
