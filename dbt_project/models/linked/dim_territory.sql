select
    commune_code,
    commune_name,
    epci_code,
    epci_name,
    departement_code,
    region_code,
    population
from {{ ref('territory') }}
