"""Sources, one file or folder a service."""
