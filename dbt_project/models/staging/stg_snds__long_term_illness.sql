-- Long-term illnesses (exemptions 41, 43, 45). 1600-01-01 ends nothing: such a row is open.
-- The list number is often 0: linked rebuilds it from the diagnosis.
with exemptions as (
    select
        practice_pseudo,
        delivery_id,
        delivery_sequence,
        delivery_row,
        ben_nir_psa,
        ben_rng_gem,
        imb_ald_num,
        med_ncl_idt,
        med_mtf_cod,
        imb_etm_nat,
        imb_ald_dtd,
        imb_ald_dtf
    from {{ source('snds', 'IR_IMB_R') }}
    where imb_etm_nat in (41, 43, 45)
)

select
    {{ version_columns(
        'snds',
        "'exemption:' || " ~ beneficiary_pseudo('exemptions') ~ " || ':' || cast(imb_etm_nat as string) || ':'"
        ~ " || coalesce(med_mtf_cod, '') || ':' || coalesce(cast(imb_ald_dtd as string), '')",
        patient=beneficiary_pseudo('exemptions')
    ) }},
    imb_etm_nat as exemption_nature_code,
    imb_ald_num as list_number,
    {{ plain_code('med_mtf_cod', "'CIM-10'") }} as long_term_illness_code,
    case when upper(med_ncl_idt) = 'CIM10' then 'CIM-10' else coalesce(med_ncl_idt, 'unknown') end
        as long_term_illness_system,
    imb_ald_dtd as start_date,
    case when imb_ald_dtf > date '1600-01-01' then imb_ald_dtf end as end_date
from exemptions
