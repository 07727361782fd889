-- Say that a process serves queues now, and what it measured; forget queues that nobody served for a
-- while, and processes that said nothing. The scheduler is woken by a queue that was not served
-- before: rows may wait for it.
-- KEYS[1] served: ZSET of queues by when one was last served, in seconds of this server's clock
-- KEYS[2] timers: LIST that wakes the scheduler
-- KEYS[3] processes: ZSET of processes by when one last said so
-- KEYS[4] measurements: HASH of what each measured
-- ARGV[1] the seconds for which that counts; ARGV[2] the process, ARGV[3] what it measured, both empty
-- for somebody who says so for others; ARGV: queues
local now = tonumber(redis.call('TIME')[1])
local new = 0
-- A time to come is none of ours, and would count for ever.
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], now + ARGV[1], '+inf')
redis.call('ZREMRANGEBYSCORE', KEYS[3], now + ARGV[1], '+inf')
for _, process in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now - ARGV[1])) do
  redis.call('HDEL', KEYS[4], process)
  redis.call('ZREM', KEYS[3], process)
end
if ARGV[2] ~= '' then
  redis.call('ZADD', KEYS[3], now, ARGV[2])
  redis.call('HSET', KEYS[4], ARGV[2], ARGV[3])
end
if redis.call('HLEN', KEYS[4]) > redis.call('ZCARD', KEYS[3]) then
  for _, process in ipairs(redis.call('HKEYS', KEYS[4])) do
    if not redis.call('ZSCORE', KEYS[3], process) then redis.call('HDEL', KEYS[4], process) end
  end
end
for i = 4, #ARGV do
  new = new + redis.call('ZADD', KEYS[1], now, ARGV[i])
end
if new > 0 then
  redis.call('LPUSH', KEYS[2], 1)
  redis.call('LTRIM', KEYS[2], 0, 0)
end
return new
