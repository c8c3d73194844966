-- A personal cancer calls for its own follow-up; a breast that is absent on one side only does not exclude.
{{ excluded_by_lists(ref('int_indicators__event'), ['breast_cancer'], 'breast_cancer') }}
union all
select unit_key, max(event_date) as valid_from, {{ open_end() }} as valid_to, 'bilateral_mastectomy' as reason_code
from (
    select distinct unit_key, event_date
    from {{ ref('int_indicators__event') }}
    where list_name = 'bilateral_mastectomy' and entity in ('procedure', 'condition')
) as side
group by unit_key
having count(*) >= 2
union all
-- Known hereditary risk or chest irradiation: followed otherwise.
{{ excluded_by_lists(ref('int_indicators__event'), ['hereditary_breast_risk'], 'hereditary_breast_risk') }}
union all
{{ excluded_by_lists(ref('int_indicators__event'), ['chest_irradiation'], 'chest_irradiation') }}
union all
-- A symptom leads to a diagnosis, not to screening.
{{ excluded_by_lists(ref('int_indicators__event'), ['breast_symptom'], 'diagnostic_pathway', 6) }}
