{{ evidence_of_medicines(ref('int_indicators__medicine'), ref('int_indicators__unit'), 'cumulative', 10) }}
