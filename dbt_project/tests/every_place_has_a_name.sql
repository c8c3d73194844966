-- A département or region of the communes' list that readers would see as a number.
select place.territory_level, place.territory_code
from (
    select 'departement' as territory_level, departement_code as territory_code
    from {{ ref('territory') }}
    union
    select 'region' as territory_level, region_code as territory_code
    from {{ ref('territory') }}
) as place
left join {{ ref('administrative_area') }} as area
    on
        place.territory_level = area.territory_level
        and place.territory_code = area.territory_code
where area.territory_code is null
