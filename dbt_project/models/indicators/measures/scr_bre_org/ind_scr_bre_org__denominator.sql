{{ people_of_age(ref('int_indicators__unit'), 50, 75, 'F') }}
