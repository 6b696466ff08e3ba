"""Reports and the release: what people read and auditors check."""
