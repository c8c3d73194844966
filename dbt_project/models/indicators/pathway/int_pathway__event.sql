-- Facts the pathway is judged on, kept for every person: they age with the run's date.
select distinct
    unit_key,
    list_name,
    entity,
    event_date
from {{ ref('int_indicators__event') }}
where
    unit_key < 0
    and (
        list_name = 'institution'
        or (
            entity = 'dispensing'
            and list_name in (
                'antihypertensive_specific', 'antidiabetic_specific', 'lipid_lowering', 'anticoagulant', 'antipsychotic'
            )
        )
    )
