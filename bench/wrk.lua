-- Goes through the requests of the file that is its argument, in a ring, and prints what came of it as JSON.

local requests, turn = nil, 0

function init(args)
  requests = dofile(args[1])
end

function request()
  turn = turn % #requests + 1
  return requests[turn]
end

function done(summary, latency, _)
  local errors = summary.errors
  io.write(string.format(
    'RESULT {"requests": %d, "seconds": %.6f, "p50_ms": %.3f, "p99_ms": %.3f, '
      .. '"socket_errors": %d, "not_2xx": %d, "timeouts": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.connect + errors.read + errors.write, errors.status, errors.timeout
  ))
end
