{{ evidence_of_lists(ref('int_indicators__event'), ['antibiotic_resistance_generating'], 12, ['prescription', 'dispensing']) }}
