-- Say that every pending question is parked, unless the table was lost while that was being done.
-- KEYS[1] whole, KEYS[2] rebuilding; ARGV[1] the mark that the rebuilding began with
if redis.call('GET', KEYS[2]) ~= ARGV[1] then
  return 0
end
redis.call('DEL', KEYS[2])
redis.call('SET', KEYS[1], ARGV[1])
return 1
