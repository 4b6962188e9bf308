"""Tasks: the two roads every pair shares, and Prefect around them. No HTTP and no SQL in here."""
