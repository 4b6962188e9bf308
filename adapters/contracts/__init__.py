"""The contracts every adapter keeps: items, versions, ports, jobs, errors and retries."""
