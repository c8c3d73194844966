{#- So many different medicines at once, in one of the two ways of counting them; linked people are judged on what was dispensed. -#}
{% macro evidence_of_medicines(medicines, units, variant, count) -%}
with counted as (
    select unit_key, valid_from, valid_to
    from {{ medicines }}
    where variant = '{{ variant }}'
),

together as (
    {{ where_all_hold('counted', ['unit_key'], count) }}
)

select
    together.unit_key,
    together.valid_from,
    together.valid_to,
    together.valid_from as evidence_date,
    case when unit.basis = 'linked' and unit.is_linked_snds then 'snds' else 'ehr' end as evidence_source
from together
inner join {{ units }} as unit on together.unit_key = unit.unit_key
{%- endmacro %}
