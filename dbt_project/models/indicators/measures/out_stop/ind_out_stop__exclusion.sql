{{ excluded_by_lists(ref('int_indicators__event'), ['palliative'], 'palliative') }}
union all
-- In an institution medicines are supplied otherwise.
{{ excluded_by_lists(ref('int_indicators__event'), ['institution'], 'institution', 6) }}
