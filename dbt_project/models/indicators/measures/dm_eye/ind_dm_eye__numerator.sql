{{ evidence_of_lists(ref('int_indicators__event'), ['ophthalmology'], 24) }}
