with dispensings as (
    select
        source,
        practice_pseudo,
        patient_pseudo,
        delivery_id,
        practitioner_pseudo,
        dispensing_date,
        dispensing_code,
        dispensing_system,
        quantity
    from {{ ref('stg_dispensing') }}
    where {{ is_due() }}
),

claimed as (
    {{ current_claims('dispensings') }}
),

-- Boxes and units net of reversals: a pack handed out and taken back was never dispensed.
standing as (
    select
        source,
        practice_pseudo,
        patient_pseudo,
        practitioner_pseudo,
        dispensing_date,
        dispensing_code,
        dispensing_system,
        cast(sum(quantity) as bigint) as quantity
    from claimed
    group by all
    having sum(quantity) > 0
)

select
    {{ surrogate_key([
        'standing.source', 'standing.patient_pseudo', 'standing.dispensing_date', 'standing.dispensing_code',
        'standing.practitioner_pseudo',
    ]) }} as dispensing_key,
    link.person_key,
    standing.patient_pseudo,
    {{ surrogate_key(['standing.practice_pseudo']) }} as practice_key,
    {{ surrogate_key(['standing.practitioner_pseudo']) }} as practitioner_key,
    standing.dispensing_date,
    standing.dispensing_code,
    standing.dispensing_system,
    coalesce(drug.atc_code, hospital_drug.atc_code) as atc_code,
    standing.quantity,
    standing.source
from standing
inner join {{ ref('fct_patient_link') }} as link
    on
        standing.source = link.source
        and standing.patient_pseudo = link.patient_pseudo
left join {{ ref('stg_pack_atc') }} as drug
    on standing.dispensing_code = drug.cip13
left join {{ ref('ucd_atc') }} as hospital_drug
    on case when standing.dispensing_system = 'UCD' then standing.dispensing_code end = hospital_drug.ucd_code
-- rows of a person together: see docs/decisions/0015
order by person_key nulls first, practitioner_key nulls first, dispensing_date nulls first
