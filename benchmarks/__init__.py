"""Repeatable measurements of p4dp: one command, resumable, results as JSON and a page."""
