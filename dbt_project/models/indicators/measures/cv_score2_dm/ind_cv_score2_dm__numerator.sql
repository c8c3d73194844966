with validity as (
    select unit_key, condition_name, valid_from, valid_to
    from {{ ref('int_cardiovascular__input_validity') }}
    union all
    select
        unit_key,
        measure as condition_name,
        value_date as valid_from,
        {{ window_end('value_date', 24) }} as valid_to
    from {{ ref('int_indicators__value') }}
    where measure in ('hba1c', 'creatinine') and value is not null
),

inputs as (
    {{ merged_intervals('validity', ['unit_key', 'condition_name']) }}
),

complete as (
    {{ where_all_hold('inputs', ['unit_key'], 5) }}
)

select unit_key, valid_from, valid_to, valid_from as evidence_date, 'ehr' as evidence_source
from complete
