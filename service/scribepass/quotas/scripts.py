"""What the store does for leases in one step, in Lua; and its mark.

The keys of a script stand in one slot of a cluster. Time is the store's own, in milliseconds, so that no
clock of an instance matters. Each key ends with its last lease.
"""

from __future__ import annotations

__all__ = ["LEASE", "MARK", "RELEASE"]

LEASE = """
-- KEYS: this caller's sessions; all sessions. ARGV: session, its name among all, ms, limit, ceiling.
-- Returns what is full (0 nothing, 1 the caller's, 2 all), ms until a lease ends there, how many there are in
-- all, and this caller's last sessions, each with its ms.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local ends, limit, ceiling = now + tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local full, first = 0, nil
for _, key in ipairs(KEYS) do
    redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
end
local held = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not held then
    if limit > 0 and redis.call('ZCARD', KEYS[1]) >= limit then
        full, first = 1, redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2]
    elseif ceiling > 0 and redis.call('ZCARD', KEYS[2]) >= ceiling then
        full, first = 2, redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')[2]
    end
end
if full == 0 and (not held or tonumber(held) < ends) then
    redis.call('ZADD', KEYS[1], ends, ARGV[1])
    redis.call('ZADD', KEYS[2], ends, ARGV[2])
    for _, key in ipairs(KEYS) do
        local last = redis.call('ZRANGE', key, -1, -1, 'WITHSCORES')[2]
        redis.call('PEXPIRE', key, last - now + 1000)
    end
end
local answer = {full, first and first - now or 0, redis.call('ZCARD', KEYS[2])}
local sessions = redis.call('ZREVRANGE', KEYS[1], 0, 63, 'WITHSCORES')
for i = 1, #sessions, 2 do
    table.insert(answer, sessions[i])
    table.insert(answer, sessions[i + 1] - now)
end
return answer
"""

RELEASE = """
-- KEYS: this caller's sessions; all sessions. ARGV: session, its name among all.
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('ZREM', KEYS[2], ARGV[2])
"""

MARK = """
-- KEYS: the mark. ARGV: what to set where there is none; seconds to keep it. Returns what stands there.
local mark = redis.call('GET', KEYS[1])
if not mark then
    mark = ARGV[1]
    redis.call('SET', KEYS[1], mark)
end
redis.call('EXPIRE', KEYS[1], ARGV[2])
return mark
"""
