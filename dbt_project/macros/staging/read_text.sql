{#- A day as French software prints it (31/12/2024); an ISO day is taken too. Null when neither. -#}
{% macro french_date(text) -%}
    coalesce({{ try_date(text, '%d/%m/%Y') }}, {{ try_date('substr(' ~ text ~ ', 1, 10)', '%Y-%m-%d') }})
{%- endmacro %}

{#- The local day of a FHIR date or date-time; a partial date (2024, 2024-05) counts as its first day. -#}
{% macro fhir_date(text) -%}
    coalesce(
        {{ try_date('substr(' ~ text ~ ', 1, 10)', '%Y-%m-%d') }},
        {{ try_date('substr(' ~ text ~ ", 1, 7) || '-01'", '%Y-%m-%d') }},
        {{ try_date('substr(' ~ text ~ ", 1, 4) || '-01-01'", '%Y-%m-%d') }}
    )
{%- endmacro %}

{#- The first number of a text ("<0,05", "1,2 g/L"), decimal comma or point, as double; null when none leads it. -#}
{% macro leading_number(text) -%}
    {#- trap-ok: text-cast: the expression hands over digits with at most one point, or nothing -#}
    try_cast(
        replace(regexp_extract(trim({{ text }}), '^[<>]?=?\s*(-?[0-9]+([.,][0-9]+)?)', 1), ',', '.') as double
    )
{%- endmacro %}

{#- The comparison sign before a number: <, <=, >, >=; null when none. -#}
{% macro leading_comparator(text) -%}
    nullif(regexp_extract(trim({{ text }}), '^([<>]=?)', 1), '')
{%- endmacro %}

{#- What follows the number in a text: its unit when the unit was typed into the value; null when nothing. -#}
{% macro trailing_unit(text) -%}
    nullif(trim(regexp_extract(trim({{ text }}), '^[<>]?=?\s*-?[0-9]+([.,][0-9]+)?\s*(.*)$', 2)), '')
{%- endmacro %}

{#- CIM-10 codes are kept upper case and without dot, as the SNDS writes them; other systems as sent. -#}
{% macro plain_code(code, system) -%}
    case
        when {{ system }} = 'CIM-10' then upper(replace(trim({{ code }}), '.', ''))
        else nullif(trim({{ code }}), '')
    end
{%- endmacro %}

{#- A moment to the minute as text (2024-05-06 10:11), the same on both engines: part of a record's name. -#}
{% macro utc_minute(moment) -%}
    substr(cast({{ moment }} as string), 1, 16)
{%- endmacro %}

{#-
    A pack in 13 digits. Codes of 7 digits, in use before 2009 and still found in records, get the prefix of French
    medicines and the check digit of the 13 (weights 1 and 3 in turn); 34009 alone weighs 24.
-#}
{% macro pack_code(code) -%}
    case
        when regexp_full_match(trim({{ code }}), '[0-9]{7}')
            then '34009' || trim({{ code }}) || cast(
                (
                    1000 - 24
                    {%- for position in range(1, 8) %}
                    - {{ 3 if position % 2 else 1 }} * {{ try_integer('substr(trim(' ~ code ~ '), ' ~ position ~ ', 1)') }}
                    {%- endfor %}
                ) % 10 as string
            )
        else nullif(trim({{ code }}), '')
    end
{%- endmacro %}
