with links as (
    select
        source,
        patient_pseudo,
        person_key,
        link_method,
        match_probability,
        register_version
    from {{ source('register', 'person_link') }}
),

identities as (
    select
        source,
        patient_pseudo,
        practice_pseudo
    from {{ ref('lnk_identity') }}
)

select
    links.source,
    links.patient_pseudo,
    links.person_key,
    links.link_method,
    links.match_probability,
    {{ surrogate_key(['identities.practice_pseudo']) }} as practice_key,
    links.register_version
from links
inner join identities
    on
        links.source = identities.source
        and links.patient_pseudo = identities.patient_pseudo
