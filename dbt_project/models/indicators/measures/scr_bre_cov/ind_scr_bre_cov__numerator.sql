{{ evidence_of_lists(ref('int_indicators__event'), ['mammography_screening_organised', 'mammography_screening', 'mammography_bilateral'], 24) }}
