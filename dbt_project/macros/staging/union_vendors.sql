{#-
    Which source sends which entity: a vendor joins the linked layer by being named here and by
    the models stg_<vendor>__<entity> that say how its rows read.
-#}
{% macro vendors_of(entity) %}
    {{ return({
        'patient': ['medirel', 'dosmed', 'fhirmed', 'synthea', 'snds'],
        'encounter': ['medirel', 'dosmed', 'fhirmed', 'synthea', 'snds'],
        'condition': ['medirel', 'dosmed', 'fhirmed', 'synthea'],
        'prescription': ['medirel', 'dosmed', 'fhirmed', 'synthea'],
        'dispensing': ['snds'],
        'measurement': ['medirel', 'dosmed', 'fhirmed', 'synthea'],
        'procedure': ['medirel', 'dosmed', 'fhirmed', 'synthea', 'snds'],
        'vaccination': ['medirel', 'dosmed', 'fhirmed', 'synthea', 'snds'],
        'hospital_stay': ['snds'],
        'hospital_diagnosis': ['snds'],
        'long_term_illness': ['snds'],
        'treating_doctor': ['snds'],
    }[entity]) }}
{% endmacro %}

{#-
    The rows of an entity from every vendor that sends it, in one shape: the columns every version
    begins with, the columns of the entity, and those only the claims have ({name: type}).
-#}
{% macro union_vendors(entity, columns, claims_columns={}) -%}
    {%- set shared = [
        'source', 'practice_pseudo', 'patient_pseudo', 'record_id', 'record_line',
        'delivery_id', 'delivery_sequence', 'delivery_row',
    ] + columns -%}
    {%- for vendor in vendors_of(entity) %}
select
    {%- for column in shared %}
    {{ column }}{{ ',' if not loop.last or claims_columns }}
    {%- endfor %}
    {%- for column, type in claims_columns.items() %}
    {{ column if vendor == 'snds' else 'cast(null as ' ~ type ~ ') as ' ~ column }}{{ ',' if not loop.last }}
    {%- endfor %}
from {{ ref('stg_' ~ vendor ~ '__' ~ entity) }}
{{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
