-- Measurements with the unit found from the row itself: sent, or the only one its value can be in, or
-- the only one that makes the lipids of the day agree. What stays ambiguous is left to the stream of
-- its practice in fct_measurement.
with measurements as (
    select
        source,
        practice_pseudo,
        patient_pseudo,
        record_id,
        record_line,
        delivery_id,
        delivery_row,
        coding_rank,
        encounter_record_id,
        measurement_date,
        measurement_code,
        measurement_system,
        raw_value,
        raw_unit,
        value_number,
        value_comparator,
        value_text
    from {{ ref('stg_measurement') }}
    where {{ is_due() }}
),

recorded as (
    {{ latest_versions('measurements') }}
),

-- Local codes may carry their laboratory in front ("BIO-HBA1C").
named as (
    select
        recorded.*,
        known.measure
    from recorded
    left join {{ ref('measure_code') }} as known
        on
            recorded.measurement_system = known.code_system
            and known.code = case
                when recorded.measurement_system in ('medirel:code_analyse', 'dosmed:local', 'fhirmed:local')
                    then regexp_replace(upper(recorded.measurement_code), '^[A-Z0-9]+-', '')
                else recorded.measurement_code
            end
),

-- Several codings of one observation: the first that names a measure, else the first.
chosen as (
    select *
    from named
    qualify
        row_number() over (
            partition by source, practice_pseudo, record_id, record_line
            order by
                case when measure is not null then 0 else 1 end asc nulls last,
                coding_rank asc nulls last
        ) = 1
),

linked as (
    select
        {{ surrogate_key(['chosen.source', 'chosen.practice_pseudo', 'chosen.record_id', 'chosen.record_line']) }}
            as measurement_key,
        link.person_key,
        {{ surrogate_key(['chosen.practice_pseudo']) }} as practice_key,
        {{ record_key('chosen.encounter_record_id', 'chosen.source', 'chosen.practice_pseudo') }} as encounter_key,
        chosen.source,
        chosen.patient_pseudo,
        chosen.record_id,
        chosen.measurement_date,
        chosen.measurement_code,
        chosen.measurement_system,
        chosen.measure,
        chosen.raw_value,
        chosen.raw_unit,
        chosen.value_number,
        chosen.value_comparator,
        chosen.value_text,
        alias.unit as unit_sent,
        (extract(year from chosen.measurement_date) - identity.birth_year) * 12
        + extract(month from chosen.measurement_date) - coalesce(identity.birth_month, 1) as age_months,
        -- Both values of a blood pressure typed as one.
        max(case when chosen.measure = 'sbp' then chosen.value_number end) over (
            partition by chosen.source, chosen.practice_pseudo, chosen.record_id
        ) as paired_sbp,
        max(case when chosen.measure = 'dbp' then chosen.value_number end) over (
            partition by chosen.source, chosen.practice_pseudo, chosen.record_id
        ) as paired_dbp
    from chosen
    inner join {{ ref('fct_patient_link') }} as link
        on
            chosen.source = link.source
            and chosen.patient_pseudo = link.patient_pseudo
    inner join {{ ref('lnk_identity') }} as identity
        on
            chosen.source = identity.source
            and chosen.patient_pseudo = identity.patient_pseudo
    left join {{ ref('unit_alias') }} as alias
        on lower(trim(chosen.raw_unit)) = alias.unit_as_sent
),

-- "13/8" is in centimetres of mercury whatever unit the form prints beside it.
readable as (
    select
        *,
        raw_unit is null
        or (
            measure in ('sbp', 'dbp')
            and unit_sent = 'mmHg'
            and value_number < 31
            and coalesce(paired_sbp, value_number) between 5 and 30
        ) as is_unit_open
    from linked
),

-- Units a value without unit can be in: rules of seed unit_conversion, windows disjoint by measure.
inferable as (
    select
        readable.measurement_key,
        min(conversion.unit) as unit,
        count(*) as unit_count
    from readable
    inner join {{ ref('unit_conversion') }} as conversion
        on
            readable.measure = conversion.measure
            and readable.value_number between conversion.infer_min and conversion.infer_max
    where
        readable.is_unit_open
        -- a diastolic value is in cmHg only beside a systolic one that is
        and (
            readable.measure <> 'dbp'
            or conversion.unit <> 'cmHg'
            or readable.paired_sbp between 5 and 30
        )
        -- grams are for infants
        and (conversion.measure <> 'weight' or conversion.unit <> 'g' or readable.age_months < 24)
    group by readable.measurement_key
),

own_unit as (
    select
        readable.*,
        case
            when readable.measure is null or readable.value_number is null then null
            when not readable.is_unit_open then explicit.unit
            when inferable.unit_count = 1 then inferable.unit
        end as unit_found,
        case
            when readable.measure is null or readable.value_number is null then 'none'
            when not readable.is_unit_open and explicit.unit is not null then 'explicit'
            when not readable.is_unit_open then 'unknown'
            when inferable.unit_count = 1 then 'inferred'
            else 'ambiguous'
        end as own_rule
    from readable
    left join {{ ref('unit_conversion') }} as explicit
        on
            readable.measure = explicit.measure
            and readable.unit_sent = explicit.unit
    left join inferable
        on readable.measurement_key = inferable.measurement_key
),

-- Lipids of one day: total = HDL + LDL + triglycerides / 2.2 in mmol/L, / 5 in g/L (Friedewald). Where
-- one of the four is ambiguous and exactly one unit makes them agree within 5 %, that unit is taken.
lipid_values as (
    select
        own_unit.source,
        own_unit.patient_pseudo,
        own_unit.measurement_date,
        own_unit.measure,
        own_unit.own_rule,
        candidate.unit as candidate_unit,
        case
            when own_unit.own_rule = 'ambiguous' then own_unit.value_number
            else own_unit.value_number * found.factor / cast(candidate.factor as double)
        end as value_in_candidate
    from own_unit
    inner join {{ ref('unit_conversion') }} as candidate
        on
            own_unit.measure = candidate.measure
            and candidate.unit in ('mmol/L', 'g/L')
    left join {{ ref('unit_conversion') }} as found
        on
            own_unit.measure = found.measure
            and own_unit.unit_found = found.unit
    where
        own_unit.measure in ('tchol', 'hdl', 'ldl', 'triglycerides')
        and own_unit.own_rule in ('explicit', 'inferred', 'ambiguous')
),

lipid_panels as (
    select
        source,
        patient_pseudo,
        measurement_date,
        candidate_unit,
        max(case when measure = 'tchol' then value_in_candidate end) as tchol,
        max(case when measure = 'hdl' then value_in_candidate end) as hdl,
        max(case when measure = 'ldl' then value_in_candidate end) as ldl,
        max(case when measure = 'triglycerides' then value_in_candidate end) as triglycerides
    from lipid_values
    group by source, patient_pseudo, measurement_date, candidate_unit
    having
        count(*) = 4
        and count(distinct measure) = 4
        and count(case when own_rule = 'ambiguous' then 1 end) > 0
),

agreeing_panels as (
    select
        source,
        patient_pseudo,
        measurement_date,
        min(candidate_unit) as unit
    from lipid_panels
    where
        -- trap-ok: division: doubles throughout
        abs(tchol - hdl - ldl - triglycerides * case when candidate_unit = 'mmol/L' then 1 / 2.2e0 else 0.2e0 end)
        <= 0.05 * tchol
        and triglycerides < case when candidate_unit = 'mmol/L' then 4.5 else 4.0 end
    group by source, patient_pseudo, measurement_date
    having count(*) = 1
),

consistent_lipids as (
    select
        agreeing_panels.source,
        agreeing_panels.patient_pseudo,
        agreeing_panels.measurement_date,
        lipid.measure,
        agreeing_panels.unit
    from agreeing_panels
    cross join (
        select 'tchol' as measure
        union all
        select 'hdl' as measure
        union all
        select 'ldl' as measure
        union all
        select 'triglycerides' as measure
    ) as lipid
),

resolved as (
    select
        own_unit.*,
        case when own_unit.own_rule = 'ambiguous' and lipids.unit is not null then 'lipid' else own_unit.own_rule end
            as unit_rule,
        case when own_unit.own_rule = 'ambiguous' then lipids.unit else own_unit.unit_found end as unit_resolved
    from own_unit
    -- Which measures the unit is for is part of the key: as a condition on this side alone it makes DuckDB compare all with all.
    left join consistent_lipids as lipids
        on
            own_unit.source = lipids.source
            and own_unit.patient_pseudo = lipids.patient_pseudo
            and own_unit.measurement_date = lipids.measurement_date
            and own_unit.measure = lipids.measure
),

converted as (
    select
        resolved.*,
        conversion.canonical_unit,
        conversion.hard_min,
        conversion.hard_max,
        conversion.soft_min,
        conversion.soft_max,
        {{ round_to('resolved.value_number * conversion.factor + conversion.unit_offset', 6) }} as canonical_value,
        -- the lower value of a pair is the diastolic one
        coalesce(resolved.measure in ('sbp', 'dbp') and resolved.paired_dbp >= resolved.paired_sbp, false)
            as is_pair_inverted
    from resolved
    left join {{ ref('unit_conversion') }} as conversion
        on
            resolved.measure = conversion.measure
            and resolved.unit_resolved = conversion.unit
),

judged as (
    select
        *,
        case
            when canonical_value is not null
                then value_number between hard_min and hard_max and not is_pair_inverted
        end as is_plausible,
        case when canonical_value is not null then value_number between soft_min and soft_max end as is_usual
    from converted
),

-- The same result kept by several practices of one person is one result: the first practice's stands.
merged as (
    select
        *,
        case
            when canonical_value is not null
                then min(practice_key) over (
                    partition by person_key, measure, measurement_date, {{ round_to('canonical_value', 3) }}
                )
        end as first_practice_key
    from judged
)

select
    merged.measurement_key,
    merged.person_key,
    merged.patient_pseudo,
    merged.practice_key,
    merged.encounter_key,
    merged.measurement_date,
    merged.measurement_code,
    merged.measurement_system,
    merged.measure,
    case when merged.is_plausible then merged.canonical_value end as canonical_value,
    merged.canonical_unit,
    merged.value_number,
    merged.unit_resolved,
    coalesce(
        answer.value_code,
        case
            when merged.measure = 'fit' and merged.is_plausible
                then case when merged.canonical_value >= 150 then 'positive' else 'negative' end
        end
    ) as value_code,
    merged.raw_value,
    merged.raw_unit,
    merged.unit_rule,
    merged.is_plausible,
    merged.is_usual,
    merged.value_comparator is not null as is_censored,
    merged.value_comparator as comparator,
    coalesce(merged.practice_key <> merged.first_practice_key, false) as is_duplicate,
    case when merged.practice_key <> merged.first_practice_key then merged.first_practice_key end
        as duplicate_of_practice_key,
    merged.source
from merged
left join {{ ref('measure_value') }} as answer
    on
        merged.measure = answer.measure
        and merged.value_text = answer.value_text
-- rows of a person together: see docs/decisions/0015
order by person_key nulls first, practice_key nulls first, measurement_date nulls first
