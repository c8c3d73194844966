{{ evidence_of_lists(ref('int_indicators__event'), ['antibiotic'], 12, ['prescription', 'dispensing']) }}
