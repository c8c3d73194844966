-- The attributes of an element side by side. The export keys its rows by element and attribute, so
-- a later delivery may send one attribute alone: the latest current version of each is taken.
with attributes as (
    select
        element.practice_pseudo,
        element.patient_pseudo,
        element.element_id,
        element.delivery_id,
        element.delivery_sequence,
        element.delivery_row,
        element.attribut,
        element.valeur,
        element.unite,
        element.evenement_id,
        element.date_element,
        element.rubrique,
        element.libelle_code,
        element.libelle_systeme,
        delivery.version_order * 10000000000 + element.delivery_row as version_rank
    from {{ source('dosmed', 'element') }} as element
    inner join {{ ref('stg_delivery') }} as delivery
        on element.delivery_id = delivery.delivery_id
    where delivery.is_current
)

select
    practice_pseudo,
    patient_pseudo,
    element_id,
    {{ latest('delivery_id', 'version_rank') }} as delivery_id,
    {{ latest('delivery_sequence', 'version_rank') }} as delivery_sequence,
    {{ latest('delivery_row', 'version_rank') }} as delivery_row,
    {{ latest('evenement_id', 'version_rank') }} as evenement_id,
    {{ latest('date_element', 'version_rank') }} as date_element,
    {{ latest('rubrique', 'version_rank') }} as rubrique,
    {{ latest('valeur', 'version_rank') }} filter (where attribut = 'code') as code,
    {{ latest('valeur', 'version_rank') }} filter (where attribut = 'systeme') as systeme,
    {{ latest('valeur', 'version_rank') }} filter (where attribut = 'libelle_local') as libelle_local,
    {{ latest('valeur', 'version_rank') }} filter (where attribut = 'valeur') as valeur,
    {{ latest('unite', 'version_rank') }} filter (where attribut = 'valeur') as unite,
    {{ latest('valeur', 'version_rank') }} filter (where attribut = 'valeur_systolique') as valeur_systolique,
    {{ latest('unite', 'version_rank') }} filter (where attribut = 'valeur_systolique') as unite_systolique,
    {{ latest('valeur', 'version_rank') }} filter (where attribut = 'valeur_diastolique') as valeur_diastolique,
    {{ latest('unite', 'version_rank') }} filter (where attribut = 'valeur_diastolique') as unite_diastolique,
    {{ latest('valeur', 'version_rank') }} filter (where attribut = 'duree_jours') as duree_jours,
    {{ latest('valeur', 'version_rank') }} filter (where attribut = 'quantite') as quantite,
    {{ latest('valeur', 'version_rank') }} filter (where attribut = 'statut') as statut,
    {{ latest('valeur', 'version_rank') }} filter (where attribut = 'date_fin') as date_fin,
    {{ latest('libelle_code', 'version_rank') }} filter (where attribut in ('code', 'libelle_local')) as text_code,
    {{ latest('libelle_systeme', 'version_rank') }} filter (where attribut in ('code', 'libelle_local')) as text_system
from attributes
group by practice_pseudo, patient_pseudo, element_id
