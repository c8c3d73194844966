{{ evidence_of_visits(ref('int_indicators__specialist_contact'), 'dentist', 12) }}
