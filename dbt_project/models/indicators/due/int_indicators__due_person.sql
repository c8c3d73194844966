-- Whose indicators this run must make again: persons whose facts or links changed, and everybody of a practice that fell
-- silent or came back, or whose units of measurement, doctors or use of the vaccine module changed. Where everybody is
-- due the table stays empty: the ledger then makes each kept model rebuild itself whole.
{{ config(post_hook="{{ record_due_persons() }}") }}

-- depends_on: {{ ref('stg_run') }} {{ ref('stg_delivery') }} {{ ref('dim_practice') }} {{ ref('dim_practitioner') }}
-- depends_on: {{ ref('int_linked__measurement_stream') }} {{ ref('int_indicators__vaccine_module') }}
-- depends_on: {{ ref('int_linked__due_patient') }} {{ ref('fct_registration') }} {{ ref('dim_patient') }}
{% if is_incremental() and not is_everyone_due() %}
with practice_states as (
    {{ practice_states() }}
),

changed_practices as (
    select coalesce(practice_states.practice_key, seen.practice_key) as practice_key
    from practice_states
    full outer join ledger.practice_state as seen
        on practice_states.practice_key = seen.practice_key
    where practice_states.state is distinct from seen.state
),

final as (
    select due.person_key
    from {{ ref('int_linked__due_patient') }} as due
    where
        due.due_batch > {{ last_batch(model) }}
        and due.person_key is not null
    union
    select registration.person_key
    from {{ ref('fct_registration') }} as registration
    inner join changed_practices on registration.practice_key = changed_practices.practice_key
)

select
    cast({{ current_person_batch() + 1 }} as bigint) as due_batch,
    person_key
from final
{% else %}
    select
        cast(null as bigint) as due_batch,
        cast(null as bigint) as person_key
    where false
{% endif %}
