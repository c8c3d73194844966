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

{#- Spaces printed between digits and before units: plain, no-break, narrow no-break. -#}
{% macro printed_spaces() %}
    {{ return("[ \u00a0\u202f]") }}
{% endmacro %}

{#-
    The number that leads a text: digits in groups of three ("1 234,5") or in one piece, with a decimal comma or point. A text
    that goes on with digits, points or commas ("1.234,5") is no number anybody can be sure of.
-#}
{% macro printed_number() %}
    {{ return("(-?[0-9]+(?:" ~ printed_spaces() ~ "[0-9]{3})*(?:[.,][0-9]+)?)[.,]?") }}
{% endmacro %}

{#- The first number of a text ("<0,05", "1,2 g/L", "1 234,5"), as double; null when none leads it. -#}
{% macro leading_number(text) -%}
    {%- set number = "regexp_extract(trim(" ~ text ~ "), '(?s)^[<>\u2264\u2265]?=?" ~ printed_spaces() ~ "*" ~ printed_number()
        ~ "(?:[^0-9.,]|$)', 1)" -%}
    {#- trap-ok: text-cast: the expression hands over digits with at most one point, or nothing -#}
    try_cast(translate({{ number }}, ', {{ "\u00a0\u202f" }}', '.') as double)
{%- endmacro %}

{#- The comparison sign before a number: <, <=, >, >=; null when none. -#}
{% macro leading_comparator(text) -%}
    nullif(
        replace(replace(
            regexp_extract(trim({{ text }}), '^([<>]=?|[{{ "\u2264\u2265" }}])', 1),
            '{{ "\u2264" }}', '<='), '{{ "\u2265" }}', '>='), ''
    )
{%- endmacro %}

{#- What follows the number in a text: its unit when the unit was typed into the value; null when nothing. -#}
{% macro trailing_unit(text) -%}
    nullif(trim(regexp_extract(
        trim({{ text }}),
        '(?s)^[<>{{ "\u2264\u2265" }}]?=?{{ printed_spaces() }}*{{ printed_number() }}{{ printed_spaces() }}*([^0-9.,].*)?$', 2)), '')
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

{#-
    A code as the linked layer knows it, by its system: CIM-10 without dot, packs in 13 digits, laboratory acts with their
    zeros; others as sent.
-#}
{% macro known_code(code, system) -%}
    case {{ system }}
        when 'CIM-10' then upper(replace(trim({{ code }}), '.', ''))
        when 'CIP13' then {{ pack_code(code) }}
        when 'NABM' then {{ laboratory_code(code) }}
        else nullif(trim({{ code }}), '')
    end
{%- endmacro %}
