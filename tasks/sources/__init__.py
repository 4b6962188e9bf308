"""Sources: the options of each."""
