{{ evidence_of_tests(ref('int_indicators__test'), ['hpv'], 60) }}
