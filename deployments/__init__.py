"""How the pack runs on servers: what a Prefect server must have, as code."""
