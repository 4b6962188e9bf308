"""The bench: the pack beside the limit of the machine and beside its peers, in one run. `python -m bench --help`."""
