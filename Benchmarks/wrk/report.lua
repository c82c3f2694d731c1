-- wrk's figures as one line of JSON (https://github.com/wg/wrk, SCRIPTING).
function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '{"units": %d, "seconds": %.6f, "bytes": %d, "errors": %d, "first_error": "wrk counts %d connect, %d read, ' ..
    '%d write, %d status, %d timeout", "p50_us": %.1f, "p99_us": %.1f, "p999_us": %.1f, "max_us": %.1f}\n',
    summary.requests, summary.duration / 1e6, summary.bytes,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    errors.connect, errors.read, errors.write, errors.status, errors.timeout,
    latency:percentile(50), latency:percentile(99), latency:percentile(99.9), latency.max))
end
