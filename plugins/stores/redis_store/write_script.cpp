#include "write_script.h"

namespace tomada::redis_store {

const std::string_view kWriteScript = R"lua(
local record, ids, expirations, sequence, operation = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local kind, expected, id, expiry = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[7])

-- Bounded, as all reads of this store are: GETRANGE gives an empty string for an absent key, which is never written. The
-- last byte asked for is one more than a value has.
local function get(key, last)
  local text = redis.call('GETRANGE', key, '0', last)
  if text ~= '' then return text end
end

local result = get(operation, '283')
if result then
  if #result < 27 or #result > 283 then return {'damaged', 'operation'} end
  if string.sub(result, 12, 27) ~= ARGV[4] then return {'misused'} end
  return {'replayed', string.sub(result, 1, 11), string.sub(result, 28)}
end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function ended(at) return at ~= 0 and at <= now end

-- Of one that is too long the rest is not looked at: a write may replace it.
local old = get(record, '2097152')
if old and (#old < 21 or string.sub(old, 1, 1) ~= '1') then return {'damaged', 'record'} end
if old and ended(struct.unpack('>I8', old, 13)) then old = nil end
local released, position = {}, 22
for i = 1, old and string.byte(old, 21) or 0 do
  local read, index, tag, value, rest = pcall(struct.unpack, '>Bc0c16I4c0', old, position)
  if not read then return {'damaged', 'record'} end
  released[i] = ARGV[9] .. index .. ':{' .. tag .. '}:' .. value
  position = rest
end
if kind == 'insert' and old then return {'taken', 'id'} end
if (kind == 'update' or kind == 'remove') and not old then return {'absent'} end
if expected ~= '' and string.sub(old, 2, 12) ~= expected then return {'changed'} end
for i = 6, #KEYS do
  local owner = get(KEYS[i], '520')
  if owner and (#owner < 9 or #owner > 520) then return {'damaged', 'unique key ' .. ARGV[i + 5]} end
  if owner and string.sub(owner, 9) ~= id and not ended(struct.unpack('>I8', owner)) then
    return {'taken', ARGV[i + 5]}
  end
end
-- The earliest of those that expire. When there are none, the record needs not be taken off that list.
local expiring = redis.call('ZRANGEBYSCORE', expirations, '-inf', '+inf', 'WITHSCORES', 'LIMIT', 0, 4)

-- From here on only writes. The first is the last that can fail, as a key may hold another type or no number; of a number
-- that was then given in vain nothing is seen.
local version
if kind == 'remove' then
  version = string.sub(old, 2, 12)
  redis.call('ZREM', ids, id)
else
  local count = redis.pcall('INCRBY', sequence, 1)
  if type(count) == 'table' then
    if not string.find(count.err, 'integer', 1, true) and not string.find(count.err, 'overflow', 1, true) then
      return count
    end
    if get(sequence, '0') then return {'damaged', 'sequence'} end
    redis.call('SET', sequence, '1')
    count = 1
  end
  if count < 1 or count >= 1e15 then return {'damaged', 'sequence'} end
  version = string.sub(struct.pack('>I8', count), 3) .. ARGV[8]
  redis.call('ZADD', ids, 0, id)
end
for i = 1, #expiring, 2 do
  if tonumber(expiring[i + 1]) < now and expiring[i] ~= id then
    redis.call('ZREM', ids, expiring[i])
    redis.call('ZREM', expirations, expiring[i])
  end
end
for _, key in ipairs(released) do redis.call('DEL', key) end
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
  if expiry ~= 0 then
    redis.call('ZADD', expirations, expiry, id)
  elseif #expiring > 0 then
    redis.call('ZREM', expirations, id)
  end
end
redis.call('SET', operation, version .. ARGV[4] .. ARGV[5], 'PX', ARGV[6])
return {'applied', version, ''}
)lua";

const std::string_view kRightsScript = R"lua(
local key, missing = KEYS[1], {}
local calls = {
  {'TIME'}, {'GETRANGE', key, 0, 0}, {'SET', key, '', 'XX'}, {'DEL', key}, {'HMGET', key, ''}, {'ZADD', key, 'XX', 0, ''},
  {'ZREM', key, ''}, {'INCRBY', key, ''}, {'ZRANGEBYSCORE', key, 0, 0}, {'ZRANGEBYLEX', key, '-', '+'},
}
for _, call in ipairs(calls) do
  local answer = redis.pcall(unpack(call))
  local refused = type(answer) == 'table' and answer.err
  -- In the words of Redis up to 7.0, and from 7.2 on.
  if refused and (string.find(refused, 'executing the script can', 1, true) or string.find(refused, 'ACL', 1, true)) then
    if string.find(refused, 'access', 1, true) then return {'keys'} end
    table.insert(missing, call[1])
  end
end
return missing
)lua";

}  // namespace tomada::redis_store
