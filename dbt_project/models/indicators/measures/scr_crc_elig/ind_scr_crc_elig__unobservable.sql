-- A first-degree relative with a digestive cancer may mean colonoscopy instead of this test; the code does not say which organ.
{{ excluded_by_lists(ref('int_indicators__event'), ['family_history_colorectal'], 'family_history_possible') }}
