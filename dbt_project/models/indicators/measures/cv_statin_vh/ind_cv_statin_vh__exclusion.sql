{{ excluded_by_lists(ref('int_indicators__event'), ['palliative'], 'palliative') }}
