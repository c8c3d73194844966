{{ evidence_of_repeats(ref('int_indicators__event'), ['lipid_lowering'], 3, 12, ['prescription', 'dispensing']) }}
