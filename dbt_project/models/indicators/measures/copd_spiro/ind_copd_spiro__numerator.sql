{{ evidence_of_tests(ref('int_indicators__test'), ['spirometry'], 12) }}
