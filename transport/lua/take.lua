-- Take what is due by this server's clock, each for one sweeper.
-- A question to warn of comes again at its end, one whose end has come after a hold: if its sweeper
-- died, another takes it.
-- KEYS[1] deadlines, KEYS[2] entries, KEYS[3] whole: set while every pending question is parked
-- ARGV[1] the most to take, ARGV[2] the hold in milliseconds
-- Returns {whole: 0 or 1, milliseconds until something is due: -1 if nothing, id, kind, id, kind, …}
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local answer = {redis.call('EXISTS', KEYS[3]), -1}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[1])) do
  local entry = redis.call('HGET', KEYS[2], id)
  local timeout_at = entry and tonumber(string.match(entry, '|(%d+)$')) or now
  local kind = timeout_at > now and 'warn' or 'time_out'
  redis.call('ZADD', KEYS[1], math.max(timeout_at, kind == 'warn' and 0 or now + ARGV[2]), id)
  answer[#answer + 1] = id
  answer[#answer + 1] = kind
end
local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
if first[2] then
  answer[2] = math.max(0, first[2] - now)
end
return answer
