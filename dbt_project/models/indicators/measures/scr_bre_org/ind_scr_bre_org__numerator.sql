-- One breast alone, or an ultrasound alone, is no screening.
{{ evidence_of_lists(ref('int_indicators__event'), ['mammography_screening_organised', 'mammography_screening'], 24) }}
