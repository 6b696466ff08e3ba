"""Kinds of areas by how much is recorded there and of what."""
