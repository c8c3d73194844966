-- Who worked where: practitioners that signed contacts of a practice.
with contacts as (
    select
        practitioner_pseudo,
        practice_pseudo,
        encounter_date
    from {{ ref('stg_encounter') }}
    where
        practitioner_pseudo is not null
        and practice_pseudo is not null
)

select
    {{ surrogate_key(['practitioner_pseudo']) }} as practitioner_key,
    {{ surrogate_key(['practice_pseudo']) }} as practice_key,
    practitioner_pseudo,
    min(encounter_date) as first_seen_date,
    max(encounter_date) as last_seen_date
from contacts
group by practitioner_pseudo, practice_pseudo
