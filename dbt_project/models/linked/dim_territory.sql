-- The seed counts first; beyond it the communes of the official file the user loaded, whose EPCI is
-- not known. A commune that is cut into arrondissements stands for itself no more.
with communes as (
    select
        commune_code,
        commune_name,
        epci_code,
        epci_name,
        departement_code,
        region_code,
        population
    from {{ ref('territory') }}
),

official as (
    select
        commune.commune_code,
        commune.commune_name,
        commune.departement_code,
        commune.region_code,
        commune.population
    from {{ source('reference', 'commune') }} as commune
    left join communes as known
        on commune.commune_code = known.commune_code
    left join {{ source('reference', 'commune') }} as district
        on commune.commune_code = district.parent_code
    where
        known.commune_code is null
        and district.commune_code is null
)

select
    commune_code,
    commune_name,
    epci_code,
    epci_name,
    departement_code,
    region_code,
    population
from communes
union all
select
    commune_code,
    commune_name,
    cast(null as string) as epci_code,
    cast(null as string) as epci_name,
    departement_code,
    region_code,
    cast(population as bigint) as population
from official
