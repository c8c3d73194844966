{{ evidence_of_lists(ref('int_indicators__event'), ['ophthalmology'], 24) }}
union all
-- A visit to an ophthalmologist counts as well.
{{ evidence_of_visits(ref('int_indicators__specialist_contact'), 'ophthalmologist', 24) }}
