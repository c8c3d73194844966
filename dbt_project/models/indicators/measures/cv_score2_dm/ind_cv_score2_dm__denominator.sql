{{ people_with_case(ref('int_indicators__unit'), ref('int_indicators__case'), ['diabetes'], 40, 70) }}
    and unit.sex in ('M', 'F')
