-- From 70 years on; the model ends below 90.
        {{ people_of_age(ref('int_indicators__unit'), 70, 90) }}
    and sex in ('M', 'F')
