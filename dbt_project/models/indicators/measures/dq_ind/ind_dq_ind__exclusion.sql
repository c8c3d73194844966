{{ excluded_by_lists(ref('int_indicators__event'), ['gestational_diabetes'], 'gestational_diabetes', 12) }}
