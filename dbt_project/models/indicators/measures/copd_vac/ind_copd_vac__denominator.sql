{{ people_with_case(ref('int_indicators__unit'), ref('int_indicators__case'), ['copd'], 40) }}
