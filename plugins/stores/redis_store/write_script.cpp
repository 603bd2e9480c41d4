#include "write_script.h"

namespace tomada::redis_store {

const std::string_view kWriteScript = R"lua(
local record, ids, expirations, sequence, operation = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local kind, expected, id, expiry = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[7])

local result = redis.call('GET', operation)
if result then
  if string.sub(result, 12, 27) ~= ARGV[4] then return {'misused'} end
  return {'replayed', string.sub(result, 1, 11), string.sub(result, 28)}
end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function ended(at) return at ~= 0 and at <= now end

local old = redis.call('GET', record)
if old and ended(struct.unpack('>I8', old, 13)) then old = false end
if kind == 'insert' and old then return {'taken', 'id'} end
if (kind == 'update' or kind == 'remove') and not old then return {'absent'} end
if expected ~= '' and string.sub(old, 2, 12) ~= expected then return {'changed'} end
for i = 6, #KEYS do
  local owner = redis.call('GET', KEYS[i])
  if owner and string.sub(owner, 9) ~= id and not ended(struct.unpack('>I8', owner)) then
    return {'taken', ARGV[i + 5]}
  end
end
-- Reads that fail here when a key holds another type, so that no write does.
local swept = redis.call('ZRANGEBYSCORE', expirations, '-inf', '(' .. now, 'LIMIT', 0, 4)
redis.call('ZSCORE', ids, id)
local count = tonumber(redis.call('GET', sequence) or 0) + 1

-- From here on only writes.
for _, gone in ipairs(swept) do
  redis.call('ZREM', ids, gone)
  redis.call('ZREM', expirations, gone)
end
if old then
  local position = 22
  for _ = 1, string.byte(old, 21) do
    local index, tag, value
    index, tag, value, position = struct.unpack('>Bc0c16I4c0', old, position)
    redis.call('DEL', ARGV[9] .. index .. ':{' .. tag .. '}:' .. value)
  end
end
local version
if kind == 'remove' then
  version = string.sub(old, 2, 12)
else
  redis.call('SET', sequence, string.format('%.0f', count))
  version = string.sub(struct.pack('>I8', count), 3) .. ARGV[8]
end
if kind == 'remove' or ended(expiry) then
  redis.call('DEL', record)
  redis.call('ZREM', ids, id)
  redis.call('ZREM', expirations, id)
else
  local at = struct.pack('>I8', expiry)
  local function set(key, value)
    if expiry == 0 then redis.call('SET', key, value) else redis.call('SET', key, value, 'PXAT', ARGV[7]) end
  end
  set(record, '1' .. version .. at .. ARGV[10])
  for i = 6, #KEYS do set(KEYS[i], at .. id) end
  redis.call('ZADD', ids, 0, id)
  if expiry == 0 then redis.call('ZREM', expirations, id) else redis.call('ZADD', expirations, expiry, id) end
end
redis.call('SET', operation, version .. ARGV[4] .. ARGV[5], 'PX', ARGV[6])
return {'applied', version, ''}
)lua";

}  // namespace tomada::redis_store
