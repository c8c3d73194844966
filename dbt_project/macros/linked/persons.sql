{#-
    Models of the folder linked/persons have one row per person and something, so that their rows carry no
    single source identity: they are kept up to date by the persons of the due identities.
-#}

{#- Condition on a person key: only persons due for this model; all on a rebuild. -#}
{% macro is_due_person(alias=none) -%}
    {%- set due = ref('int_linked__due_patient') -%}
    {%- set link = ref('fct_patient_link') -%}
    {%- if is_incremental() -%}
        {{ alias ~ '.' if alias else '' }}person_key in (
            select linked.person_key
            from {{ link }} as linked
            inner join {{ due }} as due
                on
                    linked.source = due.source
                    and linked.patient_pseudo = due.patient_pseudo
            where due.due_batch > {{ last_batch(model) }}
        )
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}

{#-
    Before such a model appends the rows of its due persons: their old rows go, and those of persons
    that no identity belongs to any more. A person who lost an identity to another is due with it.
-#}
{% macro delete_due_persons() -%}
    {%- if execute and target.type == 'duckdb' and is_incremental() -%}
        delete from {{ this }}
        where
            {{ is_due_person() }}
            or person_key not in (select linked.person_key from {{ ref('fct_patient_link') }} as linked)
    {%- endif -%}
{%- endmacro %}
