with statin as (
    select unit_key, min(event_date) as first_date
    from {{ ref('int_indicators__event') }}
    where list_name = 'statin'
    group by unit_key
),

lipid as (
    select total.unit_key, total.value_date
    from {{ ref('int_indicators__value') }} as total
    inner join {{ ref('int_indicators__value') }} as hdl
        on total.unit_key = hdl.unit_key and total.value_date = hdl.value_date
    where total.measure = 'tchol' and hdl.measure = 'hdl' and total.value is not null and hdl.value is not null
),

smoking as (
    select
        unit_key,
        value_date,
        value_code,
        lead(value_date) over (partition by unit_key order by value_date nulls first) as next_date
    from {{ ref('int_indicators__value') }}
    where measure = 'smoking' and value_code in ('current', 'former', 'never')
)

select
    unit_key,
    'sbp' as condition_name,
    value_date as valid_from,
    {{ window_end('value_date', 24) }} as valid_to
from {{ ref('int_indicators__value') }}
where measure = 'sbp' and value is not null
union all
-- Lipids age faster once a statin was started.
select
    lipid.unit_key,
    'lipids' as condition_name,
    lipid.value_date as valid_from,
    least(
        {{ window_end('lipid.value_date', 60) }},
        greatest({{ window_end('lipid.value_date', 24) }}, coalesce(statin.first_date, {{ open_end() }}))
    ) as valid_to
from lipid
left join statin on lipid.unit_key = statin.unit_key
union all
-- The last status holds; "never" is carried further than the others.
select
    unit_key,
    'smoking' as condition_name,
    value_date as valid_from,
    least(
        case
            when value_code = 'never' then {{ window_end('value_date', 60) }}
            else {{ window_end('value_date', 36) }}
        end,
        coalesce(next_date, {{ open_end() }})
    ) as valid_to
from smoking
