-- Doses recorded by practices, and what the claims know: vaccines handed out by a pharmacy, the
-- pharmacist's own act of vaccination and the register of COVID-19 injections. Only a record, such an act or
-- that register says the dose was given.
with vaccinations as (
    select
        source,
        practice_pseudo,
        patient_pseudo,
        record_id,
        record_line,
        delivery_id,
        delivery_row,
        coding_rank,
        vaccination_date,
        vaccination_code,
        vaccination_system,
        valence_code
    from {{ ref('stg_vaccination') }}
    where {{ is_due() }}
),

recorded as (
    {{ latest_versions('vaccinations') }}
),

recorded_doses as (
    select
        {{ surrogate_key(['source', 'practice_pseudo', 'record_id', 'record_line']) }} as vaccination_key,
        source,
        practice_pseudo,
        patient_pseudo,
        coding_rank,
        vaccination_date,
        vaccination_code,
        vaccination_system,
        valence_code,
        true as is_administered
    from recorded
),

claimed_injections as (
    {{ current_claims('vaccinations') }}
),

registered_doses as (
    select distinct
        {{ surrogate_key(['source', 'patient_pseudo', 'vaccination_date', "'injection'", 'vaccination_code']) }}
            as vaccination_key,
        source,
        cast(null as string) as practice_pseudo,
        patient_pseudo,
        coding_rank,
        vaccination_date,
        vaccination_code,
        vaccination_system,
        valence_code,
        true as is_administered
    from claimed_injections
),

claimed_packs as (
    select
        dispensing_key as vaccination_key,
        source,
        cast(null as string) as practice_pseudo,
        patient_pseudo,
        cast(1 as integer) as coding_rank,
        dispensing_date as vaccination_date,
        dispensing_code as vaccination_code,
        dispensing_system as vaccination_system,
        cast(null as string) as valence_code,
        false as is_administered
    from {{ ref('fct_dispensing') }}
    where
        starts_with(atc_code, 'J07')
        and {{ is_due() }}
),

claimed_acts as (
    select
        procedure_key as vaccination_key,
        source,
        cast(null as string) as practice_pseudo,
        patient_pseudo,
        cast(1 as integer) as coding_rank,
        procedure_date as vaccination_date,
        procedure_code as vaccination_code,
        procedure_system as vaccination_system,
        cast(null as string) as valence_code,
        procedure_code = '3360' as is_administered
    from {{ ref('fct_procedure') }}
    where
        procedure_system = 'PRS_NAT_REF'
        and procedure_code in ('3331', '3332', '3360')
        and {{ is_due() }}
),

doses as (
    select * from recorded_doses
    union all
    select * from registered_doses
    union all
    select * from claimed_packs
    union all
    select * from claimed_acts
),

classified as (
    select
        doses.*,
        case when doses.vaccination_system = 'ATC' then doses.vaccination_code else drug.atc_code end as atc_code
    from doses
    left join {{ ref('stg_pack_atc') }} as drug
        on case when doses.vaccination_system = 'CIP13' then doses.vaccination_code end = drug.cip13
),

named as (
    select
        classified.*,
        coalesce(by_class.antigen, by_code.antigen, by_valence.antigen) as antigen
    from classified
    left join {{ ref('vaccine_antigen') }} as by_class
        on
            by_class.code_system = 'ATC'
            and starts_with(classified.atc_code, by_class.code)
    left join {{ ref('vaccine_antigen') }} as by_code
        on
            by_code.match_type = 'exact'
            and classified.vaccination_system = by_code.code_system
            and upper(classified.vaccination_code) = by_code.code
    left join {{ ref('vaccine_antigen') }} as by_valence
        on
            by_valence.code_system = 'medirel:valence'
            and classified.valence_code = by_valence.code
),

chosen as (
    select *
    from named
    qualify
        row_number() over (
            partition by vaccination_key
            order by
                case when antigen is not null then 0 else 1 end asc nulls last,
                coding_rank asc nulls last
        ) = 1
),

-- A vaccine handed out shows twice in the claims, as its nature of act and as its pack: the pack stands.
single as (
    select *
    from chosen
    qualify
        vaccination_system <> 'PRS_NAT_REF'
        or is_administered
        or count(case when vaccination_system = 'CIP13' then 1 end) over (
            partition by source, patient_pseudo, vaccination_date, antigen
        ) = 0
)

select
    single.vaccination_key,
    link.person_key,
    single.patient_pseudo,
    {{ surrogate_key(['single.practice_pseudo']) }} as practice_key,
    single.vaccination_date,
    single.vaccination_code,
    single.vaccination_system,
    single.atc_code,
    single.antigen,
    single.is_administered,
    single.source
from single
inner join {{ ref('fct_patient_link') }} as link
    on
        single.source = link.source
        and single.patient_pseudo = link.patient_pseudo
