-- Say that queues are served now, and forget those that nobody has served for a while. The scheduler
-- is woken by a queue that was not served before: rows may wait for it.
-- KEYS[1] served: ZSET of queues by when one was last served, in seconds of this server's clock
-- KEYS[2] timers: LIST that wakes the scheduler
-- ARGV[1] the seconds for which that counts; ARGV: queues
local now = tonumber(redis.call('TIME')[1])
local new = 0
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[1])
for i = 2, #ARGV do
  new = new + redis.call('ZADD', KEYS[1], now, ARGV[i])
end
if new > 0 then
  redis.call('LPUSH', KEYS[2], 1)
  redis.call('LTRIM', KEYS[2], 0, 0)
end
return new
