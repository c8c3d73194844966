-- A result in the record proves the test; so does the laboratory's claim, which never holds a result.
with result as (
    select
        unit_key,
        case measure
            when 'tchol' then 'lipids' when 'ldl' then 'lipids' when 'fev1_fvc' then 'spirometry' else measure
        end
            as test_name,
        value_date as test_date,
        'ehr' as evidence_source
    from {{ ref('int_indicators__value') }}
    where
        measure in (
            'hba1c', 'creatinine', 'acr', 'tchol', 'ldl', 'potassium', 'fev1_fvc', 'hpv', 'cytology', 'smoking', 'sbp'
        )
),

act as (
    select
        unit_key,
        case
            when list_name = 'creatinine_serum' then 'creatinine'
            when list_name = 'albuminuria' then 'acr'
            when list_name in ('lipid_panel', 'ldl_direct', 'cholesterol_total') then 'lipids'
            when list_name in ('potassium', 'electrolytes') then 'potassium'
            when list_name = 'spirometry_any' then 'spirometry'
            when list_name = 'hpv_test' then 'hpv'
            when list_name = 'cervical_cytology' then 'cytology'
            else list_name
        end as test_name,
        event_date as test_date,
        evidence_source
    from {{ ref('int_indicators__event') }}
    where
        entity = 'procedure'
        and list_name in (
            'hba1c', 'creatinine_serum', 'albuminuria', 'lipid_panel', 'ldl_direct', 'cholesterol_total', 'potassium',
            'electrolytes', 'spirometry_any', 'hpv_test', 'cervical_cytology'
        )
)

select unit_key, test_name, test_date, evidence_source from result
union
select unit_key, test_name, test_date, evidence_source from act
