{{ people_of_age(ref('int_indicators__unit'), 16, 66) }}
