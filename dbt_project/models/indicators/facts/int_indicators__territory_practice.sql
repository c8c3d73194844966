{%- set keys = 'indicator_id, indicator_version, basis, population_basis' -%}
-- A figure fed by one or two practices would be a practice's own: who feeds it is counted by residence of the patients.
with run as (
    select as_of_date from {{ ref('stg_run') }}
),

span as (
    select
        status.indicator_id, status.indicator_version, status.basis, status.population_basis, status.practice_key,
        coalesce(patient.commune_code, '') as commune_code,
        min(status.valid_from) as valid_from,
        max(status.valid_to) as valid_to
    from {{ ref('int_indicators__place_status') }} as status
    left join {{ ref('dim_patient') }} as patient on status.person_key = patient.person_key
    where status.place_kind = 'practice'
    group by
        status.indicator_id, status.indicator_version, status.basis, status.population_basis, status.practice_key,
        coalesce(patient.commune_code, '')
),

reference as (
    select reference_date from {{ ref('int_indicators__reference_date') }}
    union
    select as_of_date as reference_date from run
),

feeding as (
    select
        span.indicator_id, span.indicator_version, span.basis, span.population_basis, span.practice_key,
        reference.reference_date, territory.epci_code, territory.departement_code, territory.region_code,
        'FR' as country_code
    from span
    inner join reference on span.valid_from <= reference.reference_date and span.valid_to > reference.reference_date
    inner join {{ ref('dim_territory') }} as territory on span.commune_code = territory.commune_code
)

{% for level in ['epci', 'departement', 'region', 'country'] -%}
    select
        '{{ level }}' as territory_level, {{ level }}_code as territory_code, {{ keys }}, reference_date,
        cast(count(distinct practice_key) as bigint) as practice_count
    from feeding
    where {{ level }}_code is not null
    group by {{ level }}_code, {{ keys }}, reference_date
    {% if not loop.last %}union all{% endif %}
{% endfor %}
