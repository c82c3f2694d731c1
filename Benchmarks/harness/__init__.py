"""The measuring harness behind scripts/bench: Gatehouse beside its peers, in one run, with equal settings."""
