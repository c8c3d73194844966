{%- set levels = ['epci', 'departement', 'region', 'country'] -%}
with run as (
    select as_of_date from {{ ref('stg_run') }}
),

practice as (
    select practice_key, commune_code, last_period_date
    from {{ ref('dim_practice') }}
),

territory as (
    select
        commune_code,
        epci_code,
        departement_code,
        region_code,
        'FR' as country_code
    from {{ ref('dim_territory') }}
),

active_week as (
    select practice_key, week_start_date
    from {{ ref('int_syndrome__practice_week') }}
    where is_active
),

-- Active patients of the practices that were active that week, by both places.
population_week as (
    select
        active_week.week_start_date,
        active_week.practice_key,
        practice.commune_code as practice_commune_code,
        population.residence_commune_code,
        population.active_count
    from active_week
    inner join {{ ref('int_syndrome__population') }} as population
        on
            active_week.practice_key = population.practice_key
            and active_week.week_start_date >= population.valid_from_date
            and active_week.week_start_date < population.valid_to_date
    inner join practice on active_week.practice_key = practice.practice_key
),

active_case as (
    select
        syndrome_case.syndrome_id,
        syndrome_case.week_start_date,
        syndrome_case.practice_key,
        syndrome_case.practice_commune_code,
        syndrome_case.residence_commune_code
    from {{ ref('int_syndrome__case') }} as syndrome_case
    inner join active_week
        on
            syndrome_case.practice_key = active_week.practice_key
            and syndrome_case.week_start_date = active_week.week_start_date
),

place as (
    select
        'practice' as territory_level,
        cast(practice_key as string) as territory_code,
        'practice' as place_basis,
        week_start_date,
        cast(sum(active_count) as bigint) as population,
        cast(count(distinct practice_key) as bigint) as reporting_practices
    from population_week
    group by practice_key, week_start_date
    {% for place_basis in ['residence', 'practice'] %}
        {% for level in levels %}
            union all
            select
                '{{ level }}' as territory_level,
                territory.{{ level }}_code as territory_code,
                '{{ place_basis }}' as place_basis,
                population_week.week_start_date,
                cast(sum(population_week.active_count) as bigint) as population,
                cast(count(distinct population_week.practice_key) as bigint) as reporting_practices
            from population_week
            inner join territory on population_week.{{ place_basis }}_commune_code = territory.commune_code
            where territory.{{ level }}_code is not null
            group by territory.{{ level }}_code, population_week.week_start_date
        {% endfor %}
    {% endfor %}
),

case_count as (
    select
        'practice' as territory_level,
        cast(practice_key as string) as territory_code,
        'practice' as place_basis,
        week_start_date,
        syndrome_id,
        cast(count(*) as bigint) as case_count
    from active_case
    group by practice_key, week_start_date, syndrome_id
    {% for place_basis in ['residence', 'practice'] %}
        {% for level in levels %}
            union all
            select
                '{{ level }}' as territory_level,
                territory.{{ level }}_code as territory_code,
                '{{ place_basis }}' as place_basis,
                active_case.week_start_date,
                active_case.syndrome_id,
                cast(count(*) as bigint) as case_count
            from active_case
            inner join territory on active_case.{{ place_basis }}_commune_code = territory.commune_code
            where territory.{{ level }}_code is not null
            group by territory.{{ level }}_code, active_case.week_start_date, active_case.syndrome_id
        {% endfor %}
    {% endfor %}
),

-- Consolidated: two weeks have passed, and 95 % of the practices that still deliver have delivered past the week. A practice
-- silent for more than 45 days is no longer waited for.
week_delivery as (
    select
        week.week_start_date,
        cast(sum(case
            when practice.last_period_date >= {{ add_days('week.week_start_date', 6) }} then 1
            else 0
        end) as bigint) as delivered_count,
        cast(count(*) as bigint) as practice_count
    from (select distinct week_start_date from active_week) as week
    cross join run
    inner join practice on practice.last_period_date >= {{ add_days('run.as_of_date', -45) }}
    group by week.week_start_date
),

final as (
    select
        place.territory_level,
        place.territory_code,
        place.place_basis,
        place.week_start_date,
        syndrome.syndrome_id,
        coalesce(case_count.case_count, cast(0 as bigint)) as case_count,
        place.reporting_practices,
        place.population,
        {{ add_days('place.week_start_date', 20) }} <= run.as_of_date
        and week_delivery.delivered_count * 100 >= week_delivery.practice_count * 95 as is_consolidated
    from place
    cross join {{ ref('syndrome') }} as syndrome
    cross join run
    inner join week_delivery on place.week_start_date = week_delivery.week_start_date
    left join case_count
        on
            place.territory_level = case_count.territory_level
            and place.territory_code = case_count.territory_code
            and place.place_basis = case_count.place_basis
            and place.week_start_date = case_count.week_start_date
            and syndrome.syndrome_id = case_count.syndrome_id
    -- What is for the surveillance desk only is never shown per practice.
    where place.territory_level != 'practice' or syndrome.is_published
)

select
    territory_level,
    territory_code,
    place_basis,
    week_start_date,
    syndrome_id,
    case_count,
    reporting_practices,
    population,
    {{ ratio('case_count * 100000', 'population') }} as incidence_per_100k,
    {{ ratio('100000 * ' ~ poisson_low('case_count'), 'population') }} as ci_low,
    {{ ratio('100000 * ' ~ poisson_high('case_count'), 'population') }} as ci_high,
    is_consolidated
from final
