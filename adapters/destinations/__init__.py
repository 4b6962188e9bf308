"""Destinations, one file or folder a service."""
