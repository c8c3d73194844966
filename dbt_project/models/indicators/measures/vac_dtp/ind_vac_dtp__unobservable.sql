{{ vaccine_module_not_in_use(ref('int_indicators__unit'), ref('int_indicators__vaccine_module'), 'dtp') }}
