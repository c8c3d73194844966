-- Measurements in canonical units. A view: an ambiguous value takes its unit from the stream of its
-- practice as it stands today, so that no delivery has to touch values of patients it does not speak of.
with measurements as (
    select
        measurement_key,
        person_key,
        patient_pseudo,
        practice_key,
        encounter_key,
        measurement_date,
        measurement_code,
        measurement_system,
        measure,
        canonical_value,
        canonical_unit,
        value_number,
        value_code,
        raw_value,
        raw_unit,
        unit_rule,
        is_plausible,
        is_usual,
        is_censored,
        comparator,
        is_duplicate,
        duplicate_of_practice_key,
        source
    from {{ ref('int_linked__measurement') }}
),

-- For ambiguous values alone: as a condition on their side alone it would make DuckDB compare all with all.
streams as (
    select
        'ambiguous' as unit_rule,
        stream.practice_key,
        stream.measurement_system,
        stream.measurement_code,
        stream.measure,
        conversion.canonical_unit,
        conversion.factor,
        conversion.unit_offset,
        conversion.hard_min,
        conversion.hard_max,
        conversion.soft_min,
        conversion.soft_max
    from {{ ref('int_linked__measurement_stream') }} as stream
    inner join {{ ref('unit_conversion') }} as conversion
        on
            stream.measure = conversion.measure
            and stream.unit = conversion.unit
)

select
    measurements.measurement_key,
    measurements.person_key,
    measurements.patient_pseudo,
    measurements.practice_key,
    measurements.encounter_key,
    measurements.measurement_date,
    measurements.measurement_code,
    measurements.measurement_system,
    measurements.measure,
    case
        when measurements.unit_rule <> 'ambiguous' then measurements.canonical_value
        when measurements.value_number between streams.hard_min and streams.hard_max
            then {{ round_to('measurements.value_number * streams.factor + streams.unit_offset', 6) }}
    end as value,
    coalesce(measurements.canonical_unit, streams.canonical_unit) as unit,
    coalesce(
        measurements.value_code,
        case
            when
                measurements.measure = 'fit'
                and measurements.value_number between streams.hard_min and streams.hard_max
                then
                    case
                        when measurements.value_number * streams.factor + streams.unit_offset >= 150 then 'positive'
                        else 'negative'
                    end
        end
    ) as value_code,
    measurements.raw_value,
    measurements.raw_unit,
    case
        when measurements.unit_rule <> 'ambiguous' then measurements.unit_rule
        when streams.measure is not null then 'stream'
        else 'unknown'
    end as unit_rule,
    coalesce(measurements.is_plausible, measurements.value_number between streams.hard_min and streams.hard_max)
        as is_plausible,
    coalesce(measurements.is_usual, measurements.value_number between streams.soft_min and streams.soft_max)
        as is_usual,
    measurements.is_censored,
    measurements.comparator,
    measurements.is_duplicate,
    measurements.duplicate_of_practice_key,
    measurements.source
from measurements
left join streams
    on
        measurements.unit_rule = streams.unit_rule
        and measurements.practice_key = streams.practice_key
        and measurements.measurement_system = streams.measurement_system
        and measurements.measurement_code = streams.measurement_code
        and measurements.measure = streams.measure
