"""Calls for service (CAD): any agency's CSV, read by a declared mapping into one incident schema."""
