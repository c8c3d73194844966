-- All inputs recorded and still valid, whatever their values.
with inputs as (
    {{ merged_intervals(ref('int_cardiovascular__input_validity'), ['unit_key', 'condition_name']) }}
),

complete as (
    {{ where_all_hold('inputs', ['unit_key'], 3) }}
)

select unit_key, valid_from, valid_to, valid_from as evidence_date, 'ehr' as evidence_source
from complete
