"""What certificates that are got by themselves cost: scripts/bench-certificates."""
