{{ evidence_of_lists(ref('int_indicators__event'), ['benzodiazepine'], 12, ['prescription', 'dispensing']) }}
