{#-
    The columns every staging row begins with: whose record, which one, and in which delivery it
    came. `record` is an expression unique within the practice, prefixed by the table that sent
    it, so that a suppression names it without knowing the entity.
-#}
{% macro version_columns(source, record, patient='patient_pseudo', line='1', alias=none) -%}
    {%- set prefix = alias ~ '.' if alias else '' -%}
    '{{ source }}' as source,
    {{ prefix }}practice_pseudo,
    {{ prefix ~ patient if patient == 'patient_pseudo' else patient ~ ' as patient_pseudo' }},
    {{ record }} as record_id,
    cast({{ line }} as integer) as record_line,
    {{ prefix }}delivery_id,
    {{ prefix }}delivery_sequence,
    {{ prefix }}delivery_row
{%- endmacro %}
