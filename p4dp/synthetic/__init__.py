"""A synthetic French world: people, care, epidemics, and what practices and SNDS record of them.

The world (`people`, `care`, `epidemics`) says what is true; the observers (`recording`,
`vendors`, `claims`) say what each source writes down. Nobody here is real: names are
drawn, social security numbers carry birth-place codes that were never assigned.
"""
