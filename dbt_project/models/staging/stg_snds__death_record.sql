-- Causes of death matched with a beneficiary; every number of that person carries the record.
with certificates as (
    select
        practice_pseudo,
        delivery_id,
        delivery_sequence,
        delivery_row,
        dcd_idt_enc,
        ben_idt_ano,
        ben_dcd_dte,
        dcd_cim_cod
    from {{ source('snds', 'KI_CCI_R') }}
    where ben_idt_ano is not null
),

beneficiaries as (
    select distinct
        ben_idt_ano,
        {{ beneficiary_pseudo('beneficiary') }} as patient_pseudo
    from {{ source('snds', 'IR_BEN_R') }} as beneficiary
    where ben_idt_ano is not null
),

matched as (
    select
        certificates.*,
        beneficiaries.patient_pseudo
    from certificates
    inner join beneficiaries
        on certificates.ben_idt_ano = beneficiaries.ben_idt_ano
)

select
    {{ version_columns('snds', "'death:' || matched.dcd_idt_enc || ':' || matched.patient_pseudo", alias='matched') }},
    matched.ben_dcd_dte as death_date,
    {{ plain_code('matched.dcd_cim_cod', "'CIM-10'") }} as cause_code
from matched
