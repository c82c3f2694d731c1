"""Load on Gatehouse while its upstreams suffer."""
