{#-
    Units of practices that hardly record this vaccine: a dose missing there says nothing. `units` and `modules` are the
    relations of units and of what each practice records.
-#}
{% macro vaccine_module_not_in_use(units, modules, antigen) -%}
select
    unit.unit_key,
    cast('1900-01-01' as date) as valid_from,
    {{ open_end() }} as valid_to,
    'vaccines_not_recorded_here' as reason_code
from {{ units }} as unit
left join {{ modules }} as module
    on unit.practice_key = module.practice_key and module.antigen = '{{ antigen }}'
where unit.basis = 'record' and not coalesce(module.is_in_use, false)
{%- endmacro %}
