-- Take questions out of the pause table.
-- KEYS[1] deadlines, KEYS[2] entries; ARGV: question ids
for i = 1, #ARGV do
  redis.call('ZREM', KEYS[1], ARGV[i])
  redis.call('HDEL', KEYS[2], ARGV[i])
end
return #ARGV
