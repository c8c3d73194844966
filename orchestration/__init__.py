"""The Dagster side of p4dp: what runs after what, when, and what is shown of it. No formula."""
