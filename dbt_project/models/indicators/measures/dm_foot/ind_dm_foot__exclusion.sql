-- Both feet gone: nothing left to examine.
{{ excluded_by_lists(ref('int_indicators__event'), ['amputation_both_legs'], 'amputation_both_legs') }}
