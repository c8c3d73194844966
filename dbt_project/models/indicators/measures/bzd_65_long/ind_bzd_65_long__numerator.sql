{{ evidence_of_lists(ref('int_indicators__event'), ['benzodiazepine_long_acting'], 12, ['prescription', 'dispensing']) }}
