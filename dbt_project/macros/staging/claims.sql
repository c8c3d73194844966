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
