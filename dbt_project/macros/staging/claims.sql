{#- The nine columns that tie a claim's detail tables to ER_PRS_F. -#}
{% macro claim_key_columns() %}
    {{ return([
        'dct_ord_num', 'flx_dis_dtd', 'flx_emt_num', 'flx_emt_ord', 'flx_emt_typ',
        'flx_trt_dtd', 'org_cle_num', 'prs_ord_num', 'rem_typ_aff',
    ]) }}
{% endmacro %}

{#- Join condition on the nine columns, within one delivery (a flow is never split over two). -#}
{% macro same_claim(left, right) -%}
    {{ left }}.delivery_id = {{ right }}.delivery_id
    {% for column in claim_key_columns() -%}
        and {{ left }}.{{ column }} = {{ right }}.{{ column }}
    {% endfor -%}
{%- endmacro %}

{#- A beneficiary: the number may be shared by same-sex twins, the rank tells them apart. -#}
{% macro beneficiary_pseudo(alias) -%}
    {{ alias }}.ben_nir_psa || '-' || cast({{ alias }}.ben_rng_gem as string)
{%- endmacro %}

{#- INSEE code from a department on three characters (006, 02A, 974) and a commune within it. -#}
{% macro claims_commune(department, commune) -%}
    case
        when length(trim({{ commune }})) = 5 then trim({{ commune }})
        when nullif(trim({{ commune }}), '') is not null
            then
                case
                    when substr(trim({{ department }}), 1, 2) = '97' then trim({{ department }})
                    else right(trim({{ department }}), 2)
                end
                || right(trim({{ commune }}), case
                    when substr(trim({{ department }}), 1, 2) = '97' then 2
                    else 3
                end)
    end
{%- endmacro %}

{#- A laboratory act as the nomenclature prints it: ER_BIO_F drops leading zeros (24 is 0024). -#}
{% macro laboratory_code(act) -%}
    case
        when length(trim(cast({{ act }} as string))) < 4 then lpad(trim(cast({{ act }} as string)), 4, '0')
        else trim(cast({{ act }} as string))
    end
{%- endmacro %}

{#- The 7 digits of a hospital medicine: sent padded with zeros, or within 13 digits (34008, the seven, a key). -#}
{% macro hospital_medicine_code(code) -%}
    case
        when length(trim({{ code }})) = 13 and starts_with(trim({{ code }}), '34008') then substr(trim({{ code }}), 6, 7)
        else right(nullif(trim({{ code }}), ''), 7)
    end
{%- endmacro %}

{#- Units a hospital pharmacy handed out, signed as their claim line: a reversal may repeat the number without its sign. -#}
{% macro hospital_medicine_units(units, claim_quantity) -%}
    case
        when {{ claim_quantity }} < 0 then -abs(cast({{ units }} as bigint))
        else cast({{ units }} as bigint)
    end
{%- endmacro %}

{#- Every return code of a hospital record says that its chaining to the person went well. -#}
{% macro is_well_chained(return_codes) -%}
    {%- for code in return_codes %}
    {{ 'and ' if not loop.first }}coalesce({{ code }}, '0') = '0'
    {%- endfor %}
{%- endmacro %}

{#- A stay of IR_ESM_R where the person lives: nursing homes (200, 202) and long-stay units (362), not nursing at home. -#}
{% macro is_lodging(alias) -%}
    (trim({{ alias }}.esm_cat_cod) in ('200', '202', '362') and coalesce({{ alias }}.esm_dom_cod, 'N') <> 'O')
{%- endmacro %}
