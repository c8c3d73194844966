-- Every row of the claims by what became of it, for each fact its table feeds: kept, or removed by the
-- first rule that applies (seed claim_rule). A line whose quantities sum to nothing (reversals) is cancelled
-- together with the lines that cancel it; a record delivered again is replaced. Made after the list of due
-- patients, which decides whether everything is to be rebuilt and writes the same ledger.
-- depends_on: {{ ref('int_linked__due_patient') }}
{% set details = {
    'technical_act': {
        'table': 'ER_CAM_F', 'fact': 'fct_procedure', 'signer': 'executing_pseudo',
        'code': 'upper(trim(detail.cam_prs_ide))', 'quantity': 'claim.quantity', 'units': none,
        'is_other': 'coalesce(detail.cam_act_cod <> 1, true)',
    },
    'laboratory_act': {
        'table': 'ER_BIO_F', 'fact': 'fct_procedure', 'signer': 'executing_pseudo',
        'code': laboratory_code('detail.bio_prs_ide'), 'quantity': 'cast(detail.bio_act_qsn as bigint)', 'units': 'bio_act_qsn',
        'is_other': 'false',
    },
    'pack': {
        'table': 'ER_PHA_F', 'fact': 'fct_dispensing', 'signer': 'prescribing_pseudo',
        'code': 'cast(detail.pha_prs_c13 as string)', 'quantity': 'cast(detail.pha_act_qsn as bigint)', 'units': 'pha_act_qsn',
        'is_other': 'false',
    },
    'hospital_unit': {
        'table': 'ER_UCD_F', 'fact': 'fct_dispensing', 'signer': 'prescribing_pseudo',
        'code': hospital_medicine_code('detail.ucd_ucd_cod'),
        'quantity': hospital_medicine_units('detail.ucd_dlv_nbr', 'claim.quantity'), 'units': 'ucd_dlv_nbr',
        'is_other': 'coalesce(detail.ucd_top_ucd <> 0, true)',
    },
} %}
with deliveries as (
    select
        delivery_id,
        {{ month_start('period_start') }} as flow_month_date,
        version_order,
        is_current
    from {{ ref('stg_delivery') }}
    where source = 'snds'
),

-- Lines whose own table counts nothing or less.
doubtful_details as (
    {% for detail in details.values() if detail.units %}
        select
            {% for column in claim_key_columns() %}
                {{ column }},
            {% endfor %}
            delivery_id
        from {{ source('snds', detail.table) }}
        where coalesce({{ detail.units }}, 0) <= 0
        {% if not loop.last %}union{% endif %}
    {% endfor %}
),

-- Only on a day of a person that holds a line of nothing or less can lines cancel each other: acts are summed on these days
-- alone, and everything else is counted as it passes.
doubtful_days as (
    select distinct
        claim.patient_pseudo,
        claim.care_date
    from {{ ref('stg_snds__claim') }} as claim
    left join doubtful_details as detail
        on {{ same_claim('claim', 'detail') }}
    where
        coalesce(claim.quantity, 0) <= 0
        or detail.delivery_id is not null
),

-- ER_PRS_F feeds contacts and acts that are evidence by themselves: each line is one, the other, or neither.
claim_lines as (
    select
        claim.delivery_id,
        claim.patient_pseudo,
        claim.care_date,
        claim.nature_code,
        claim.executing_pseudo,
        case when nature.encounter_type is not null then claim.specialty_code end as specialty_code,
        claim.quantity,
        case
            when nature.nature_code is null then 'none'
            when nature.encounter_type is not null then 'fct_encounter'
            else 'fct_procedure'
        end as fed_fact,
        case
            when not delivery.is_current then 'replaced'
            when claim.removal_reason is not null then claim.removal_reason
            when nature.nature_code is null then 'other_nature'
            when nature.encounter_type is not null and claim.is_complement then 'complement'
        end as removal_reason,
        {{ is_in_doubt('claim') }} as is_in_doubt
    from {{ ref('stg_snds__claim') }} as claim
    inner join deliveries as delivery
        on claim.delivery_id = delivery.delivery_id
    left join {{ ref('claim_nature') }} as nature
        on claim.nature_code = nature.nature_code
    left join doubtful_days as doubtful
        on
            claim.patient_pseudo = doubtful.patient_pseudo
            and claim.care_date = doubtful.care_date
),

claim_outcomes as (
    {{ outcomes_of('claim_lines', ['patient_pseudo', 'care_date', 'nature_code', 'executing_pseudo', 'specialty_code'], ['fed_fact']) }}
),

{% for name, detail in details.items() %}
    {{ name }}_lines as (
        select
            detail.delivery_id,
            claim.patient_pseudo,
            claim.care_date,
            claim.{{ detail.signer }} as signer_pseudo,
            {{ detail.code }} as line_code,
            {{ detail.quantity }} as quantity,
            case
                when not delivery.is_current then 'replaced'
                when claim.delivery_id is null then 'no_claim_line'
                when claim.removal_reason is not null then claim.removal_reason
                when {{ detail.is_other }} then 'other_activity'
            end as removal_reason,
            {{ is_in_doubt('claim') }} as is_in_doubt
        from {{ source('snds', detail.table) }} as detail
        inner join deliveries as delivery
            on detail.delivery_id = delivery.delivery_id
        left join {{ ref('stg_snds__claim') }} as claim
            on {{ same_claim('detail', 'claim') }}
        left join doubtful_days as doubtful
            on
                claim.patient_pseudo = doubtful.patient_pseudo
                and claim.care_date = doubtful.care_date
    ),

    {{ name }}_outcomes as (
        {{ outcomes_of(name ~ '_lines', ['patient_pseudo', 'care_date', 'line_code', 'signer_pseudo']) }}
    ),

{% endfor %}
-- The same act of one day is one: what a claim says, an outpatient record does not add, nor a stay what either says.
told_acts as (
    select distinct
        patient_pseudo,
        procedure_date,
        procedure_code,
        procedure_system,
        setting
    from {{ ref('fct_procedure') }}
    where
        source = 'snds'
        and setting in ('dcir', 'pmsi_ace')
),

records as (
    select
        'T_MCOaaC' as table_name,
        'fct_hospital_stay' as fact_name,
        delivery_id,
        record_id,
        delivery_row,
        removal_reason
    from {{ ref('stg_snds__stay_record') }}
    union all
    select
        'T_MCOaaA' as table_name,
        'fct_procedure' as fact_name,
        act.delivery_id,
        stay.record_id,
        stay.delivery_row,
        case
            when stay.delivery_id is null then 'no_record'
            when stay.removal_reason is not null then stay.removal_reason
            when act.nbr_exe_act <= 0 then 'no_quantity'
            when told.setting is not null then 'same_act'
        end as removal_reason
    from {{ source('snds', 'T_MCOaaA') }} as act
    left join {{ ref('stg_snds__stay_record') }} as stay
        on
            act.delivery_id = stay.delivery_id
            and act.eta_num = stay.hospital_code
            and act.rsa_num = stay.stay_number
    left join told_acts as told
        on
            stay.patient_pseudo = told.patient_pseudo
            and {{ add_days('stay.start_date', 'coalesce(act.ent_dat_del, 0)') }} = told.procedure_date
            and upper(trim(act.cdc_act)) = told.procedure_code
            and told.procedure_system = 'CCAM'
    union all
    select
        'T_MCOaaD' as table_name,
        'fct_hospital_diagnosis' as fact_name,
        diagnosis.delivery_id,
        stay.record_id,
        stay.delivery_row,
        case when stay.delivery_id is null then 'no_record' else stay.removal_reason end as removal_reason
    from {{ source('snds', 'T_MCOaaD') }} as diagnosis
    left join {{ ref('stg_snds__stay_record') }} as stay
        on
            diagnosis.delivery_id = stay.delivery_id
            and diagnosis.eta_num = stay.hospital_code
            and diagnosis.rsa_num = stay.stay_number
    union all
    select
        line.table_name,
        case when line.table_name = 'T_MCOaaFCSTC' then 'fct_encounter' else 'fct_procedure' end as fact_name,
        line.delivery_id,
        line.record_id,
        line.delivery_row,
        coalesce(line.removal_reason, case when told.setting is not null then 'same_act' end) as removal_reason
    from {{ ref('stg_snds__outpatient_line') }} as line
    left join told_acts as told
        on
            line.patient_pseudo = told.patient_pseudo
            and line.care_date = told.procedure_date
            and line.line_code = told.procedure_code
            and line.line_system = told.procedure_system
            and told.setting = 'dcir'
    union all
    select
        'IR_IMB_R' as table_name,
        'fct_long_term_illness' as fact_name,
        exemption.delivery_id,
        kept.record_id,
        exemption.delivery_row,
        case when kept.delivery_id is null then 'other_exemption' end as removal_reason
    from {{ source('snds', 'IR_IMB_R') }} as exemption
    left join {{ ref('stg_snds__long_term_illness') }} as kept
        on
            exemption.delivery_id = kept.delivery_id
            and exemption.delivery_row = kept.delivery_row
    union all
    select
        'IR_MTT_R' as table_name,
        'fct_treating_doctor' as fact_name,
        delivery_id,
        record_id,
        delivery_row,
        cast(null as string) as removal_reason
    from {{ ref('stg_snds__treating_doctor') }}
    union all
    select
        'IR_ESM_R' as table_name,
        'int_linked__institution_stay' as fact_name,
        stay.delivery_id,
        kept.record_id,
        stay.delivery_row,
        case
            when kept.end_date < kept.start_date then 'ends_before_start'
            when kept.delivery_id is not null then null
            when {{ is_lodging('stay') }} then case when ranks.ben_nir_psa is null then 'unknown_beneficiary' else 'shared_number' end
            else 'other_institution'
        end as removal_reason
    from {{ source('snds', 'IR_ESM_R') }} as stay
    left join {{ ref('stg_snds__institution_stay') }} as kept
        on
            stay.delivery_id = kept.delivery_id
            and stay.delivery_row = kept.delivery_row
    left join {{ ref('stg_snds__beneficiary_rank') }} as ranks
        on stay.ben_nir_psa = ranks.ben_nir_psa
    union all
    select
        'IR_VAC_F' as table_name,
        'fct_vaccination' as fact_name,
        injection.delivery_id,
        injection.delivery_id || ':' || cast(injection.delivery_row as string) as record_id,
        injection.delivery_row,
        case
            when ranks.ben_nir_psa is null then 'unknown_beneficiary'
            when ranks.rank_count > 1 then 'shared_number'
        end as removal_reason
    from {{ source('snds', 'IR_VAC_F') }} as injection
    left join {{ ref('stg_snds__beneficiary_rank') }} as ranks
        on injection.ben_nir_psa = ranks.ben_nir_psa
    union all
    select
        'KI_CCI_R' as table_name,
        'fct_death_record' as fact_name,
        certificate.delivery_id,
        certificate.dcd_idt_enc as record_id,
        certificate.delivery_row,
        case
            when certificate.ben_idt_ano is null then 'no_beneficiary'
            when matched.ben_idt_ano is null then 'unknown_beneficiary'
        end as removal_reason
    from {{ source('snds', 'KI_CCI_R') }} as certificate
    left join (
        select distinct ben_idt_ano
        from {{ source('snds', 'IR_BEN_R') }}
    ) as matched
        on certificate.ben_idt_ano = matched.ben_idt_ano
),

versions as (
    select
        record.table_name,
        record.fact_name,
        record.delivery_id,
        case when not delivery.is_current then 'replaced' else record.removal_reason end as removal_reason,
        rank() over (
            partition by record.table_name, record.fact_name, record.record_id
            order by
                case when delivery.is_current and record.removal_reason is null then 0 else 1 end asc nulls last,
                delivery.version_order desc nulls last,
                record.delivery_row desc nulls last
        ) as version_number
    from records as record
    inner join deliveries as delivery
        on record.delivery_id = delivery.delivery_id
),

outcomes as (
    {% for fact in ['fct_encounter', 'fct_procedure'] %}
        select
            'ER_PRS_F' as table_name,
            '{{ fact }}' as fact_name,
            delivery_id,
            case
                when fed_fact in ('none', '{{ fact }}') or outcome not in ('kept', 'cancelled', 'complement') then outcome
                else 'other_nature'
            end as outcome,
            row_count
        from claim_outcomes
        union all
    {% endfor %}
    {% for name, detail in details.items() %}
        select
            '{{ detail.table }}' as table_name,
            '{{ detail.fact }}' as fact_name,
            delivery_id,
            outcome,
            row_count
        from {{ name }}_outcomes
        union all
    {% endfor %}
    select
        table_name,
        fact_name,
        delivery_id,
        coalesce(removal_reason, case when version_number > 1 then 'replaced' else 'kept' end) as outcome,
        count(*) as row_count
    from versions
    group by all
)

select
    outcomes.table_name,
    outcomes.fact_name,
    outcomes.delivery_id,
    deliveries.flow_month_date,
    outcomes.outcome,
    outcomes.outcome = 'kept' as is_kept,
    cast(sum(outcomes.row_count) as bigint) as row_count
from outcomes
inner join deliveries
    on outcomes.delivery_id = deliveries.delivery_id
{% if not are_claims_due() %}
    where false
{% endif %}
group by
    outcomes.table_name,
    outcomes.fact_name,
    outcomes.delivery_id,
    deliveries.flow_month_date,
    outcomes.outcome
