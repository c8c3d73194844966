-- How often an advised input stood in the record at each date, beside the date before.
with followed as (
    select
        figure.practice_key,
        input.missing_input,
        figure.indicator_id,
        figure.reference_date,
        case input.followed_as
            when 'met' then figure.denominator_count
            else figure.eligible_count
        end as person_count,
        case input.followed_as
            when 'met' then figure.numerator_count
            else figure.eligible_count - figure.unknown_count
        end as recorded_count,
        row_number() over (
            partition by figure.practice_key, input.missing_input, figure.reference_date
            order by figure.indicator_version desc nulls last
        ) as version_order
    from {{ ref('fct_indicator_practice') }} as figure
    inner join {{ ref('recording_input') }} as input on figure.indicator_id = input.followed_indicator_id
    where figure.basis = 'record' and figure.population_basis = 'active'
),

compared as (
    select
        practice_key,
        missing_input,
        indicator_id,
        reference_date,
        person_count,
        recorded_count,
        lag(reference_date) over input_order as before_date,
        lag(person_count) over input_order as before_person_count,
        lag(recorded_count) over input_order as before_recorded_count
    from followed
    where version_order = 1 and person_count > 0
    window input_order as (
        partition by practice_key, missing_input
        order by reference_date nulls first
    )
),

delivered as (
    select
        compared.practice_key,
        compared.missing_input,
        compared.reference_date,
        cast(count(*) as bigint) as delivery_count
    from compared
    inner join {{ ref('dim_practice') }} as practice on compared.practice_key = practice.practice_key
    inner join {{ ref('stg_delivery') }} as delivery
        on
            practice.practice_pseudo = delivery.practice_pseudo
            and compared.before_date < delivery.period_end
            and compared.reference_date >= delivery.period_end
    group by compared.practice_key, compared.missing_input, compared.reference_date
)

select
    compared.practice_key,
    compared.missing_input,
    compared.indicator_id,
    compared.before_date,
    compared.reference_date as after_date,
    coalesce(delivered.delivery_count, 0) as delivery_count,
    compared.before_person_count,
    compared.before_recorded_count,
    {{ ratio('compared.before_recorded_count', 'compared.before_person_count') }} as before_share,
    compared.person_count as after_person_count,
    compared.recorded_count as after_recorded_count,
    {{ ratio('compared.recorded_count', 'compared.person_count') }} as after_share,
    (compared.before_person_count - compared.before_recorded_count)
    - (compared.person_count - compared.recorded_count) as filled_count,
    {{ round_to(
        ratio('compared.recorded_count', 'compared.person_count')
        ~ ' - ' ~ ratio('compared.before_recorded_count', 'compared.before_person_count'),
        6
    ) }} as share_change
from compared
left join delivered
    on
        compared.practice_key = delivered.practice_key
        and compared.missing_input = delivered.missing_input
        and compared.reference_date = delivered.reference_date
where compared.before_date is not null
