-- For wrk: each request creates a user. The argument makes the e-mail addresses of a run its own.
local run, count

function init(args)
  run, count = args[1], 0
end

function request()
  count = count + 1
  local body = string.format('{"nome": "Ana", "email": "%d@%s.example.com"}', count, run)
  return wrk.format("POST", nil, {["Content-Type"] = "application/json"}, body)
end
