-- Every exclusion starts at its own date: a cancer of 2025 does not leave the rate of 2023.
with listed as (
    select unit_key, list_name, role, event_date
    from {{ ref('int_indicators__event') }}
    where list_name in (
        'colorectal_cancer', 'colectomy_total', 'ibd', 'palliative', 'colorectal_polyp', 'colonoscopy_total',
        'virtual_colonoscopy', 'rectal_bleeding', 'polypectomy', 'hereditary_colorectal_risk'
    )
)

select
    unit_key,
    event_date as valid_from,
    {{ open_end() }} as valid_to,
    list_name as reason_code
from listed
where list_name in ('colorectal_cancer', 'colectomy_total', 'ibd', 'palliative', 'hereditary_colorectal_risk')
union all
-- Surveillance after a polyp lasts one to five years by its histology, which codes do not tell: five are taken.
select
    unit_key,
    event_date as valid_from,
    {{ window_end('event_date', 60) }} as valid_to,
    case when list_name in ('colorectal_polyp', 'polypectomy') then 'polyp_surveillance' else 'recent_colonoscopy' end
        as reason_code
from listed
where list_name in ('colorectal_polyp', 'polypectomy', 'colonoscopy_total', 'virtual_colonoscopy')
union all
-- A symptom leads to a diagnosis, not to screening.
select
    unit_key,
    event_date as valid_from,
    {{ window_end('event_date', 6) }} as valid_to,
    'diagnostic_pathway' as reason_code
from listed
where list_name = 'rectal_bleeding'
