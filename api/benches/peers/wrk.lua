-- Sends one operation as many users in turn, and looks into every answer: one that was found right is
-- known again as a whole, so that looking takes no time from the servers.
-- TOKENS: a file, a token a line. BODY: the request. TODOS: how many an answer must have.

local bodies = {}
local threads = {}
local next_request = 0
local right = {}
local expected = tonumber(os.getenv("TODOS"))
wrong = 0

function setup(thread)
  threads[#threads + 1] = thread
end

function init()
  for token in io.lines(os.getenv("TOKENS")) do
    bodies[#bodies + 1] = wrk.format("POST", "/graphql", {
      ["Authorization"] = "Bearer " .. token,
      ["Content-Type"] = "application/json",
      ["Accept"] = "application/json",
    }, os.getenv("BODY"))
  end
end

function request()
  next_request = next_request % #bodies + 1
  return bodies[next_request]
end

local function is_right(status, body)
  local found, position = 0, 1
  while true do
    position = string.find(body, '"task":', position, true)
    if not position then break end
    found, position = found + 1, position + 7
  end
  return status == 200 and found == expected
end

function response(status, _, body)
  if status == 200 and right[body] then return end
  if not is_right(status, body) then
    if wrong == 0 then io.stderr:write(status, " ", string.sub(body, 1, 500), "\n") end
    wrong = wrong + 1
  elseif expected > 1 then
    right[body] = true
  end
end

function done(summary, latency)
  local all_wrong = 0
  for _, thread in ipairs(threads) do all_wrong = all_wrong + thread:get("wrong") end
  local errors = summary.errors
  io.write(string.format(
    'RESULT {"requests":%d,"micros":%d,"p50":%d,"p99":%d,"failed":%d,"wrong":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.timeout, all_wrong))
end
