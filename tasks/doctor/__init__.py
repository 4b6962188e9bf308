"""The doctor: what is wrong with an installation, why, and the command that mends it."""
