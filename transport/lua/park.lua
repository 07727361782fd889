-- Put questions into the pause table; one that is there already is put as it stands now.
-- KEYS[1] deadlines: ZSET of question ids by when something is next due, in epoch milliseconds
-- KEYS[2] entries: HASH of question id → "execution id|warn at|timeout at"
-- ARGV: id, execution id, warn at, timeout at; four for each question
for i = 1, #ARGV, 4 do
  local next_due = math.min(tonumber(ARGV[i + 2]), tonumber(ARGV[i + 3]))
  redis.call('ZADD', KEYS[1], next_due, ARGV[i])
  redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1] .. '|' .. ARGV[i + 2] .. '|' .. ARGV[i + 3])
end
return #ARGV / 4
