/// What runs within Redis: scripts of Lua, each a step that nothing comes between (EVAL, Redis 5 or later).
///
/// Of each client there is one number in Redis: twice its due time (`RateLimit`), in microseconds of Redis's clock, and 1 if it
/// is blocked until then. A double holds it exactly until the year 2112.
enum RateScript {
    /// Clients of one question: Redis does nothing else meanwhile, for about a third of a millisecond.
    static let maxKeys = 128

    /// Counts spendings and tells the due times that have come of it.
    ///
    /// KEYS: one a client. ARGV: what Redis's clock says by the asker's reckoning, by how much that may be wrong, and for each
    /// client: how long ago the first request was; what all requests take; the least that the due time is ahead of now, twice,
    /// and 1 for a block; and the most that it may be ahead. Returns 1 and the clock, and for each client how far ahead its due
    /// time is of what the asker takes for now, twice, and 1 if it is blocked; or 0 and the clock if the reckoning is too wrong:
    /// then nothing was counted.
    static let spend = """
        local clock = redis.call('TIME')
        clock = clock[1] * 1000000 + clock[2]
        local now, slack = tonumber(ARGV[1]), tonumber(ARGV[2])
        if clock - now > slack or now - clock > slack then return {0, clock} end
        local answer = {1, clock}
        for i, key in ipairs(KEYS) do
          local ago, spent, least, most =
            tonumber(ARGV[4 * i - 1]), tonumber(ARGV[4 * i]), tonumber(ARGV[4 * i + 1]), tonumber(ARGV[4 * i + 2])
          local known = tonumber(redis.call('GET', key) or 0) or 0
          local blocked = known % 2
          local due = (known - blocked) / 2
          if due < now - ago then due = now - ago end
          if spent > 0 then
            due = due + spent
            blocked = 0
          end
          local block = least % 2
          local floor = now + (least - block) / 2
          if least > 0 and floor > due then
            due = floor
            blocked = block
          end
          if due > now + most then due = now + most end
          if due < now then
            due = now
            blocked = 0
          end
          redis.call('SET', key, string.format('%.0f', due * 2 + blocked), 'PX', math.ceil((due - now) / 1000) + 1000)
          answer[i + 2] = (due - now) * 2 + blocked
        end
        return answer
        """

    /// Says that a member is there, and counts those that have said so lately.
    ///
    /// KEYS: the members. ARGV: the member; the microseconds after which one that says nothing is gone. Returns the clock and how
    /// many there are.
    static let announce = """
        local clock = redis.call('TIME')
        clock = clock[1] * 1000000 + clock[2]
        redis.call('ZADD', KEYS[1], clock, ARGV[1])
        redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', clock - ARGV[2])
        redis.call('PEXPIRE', KEYS[1], math.ceil(ARGV[2] / 1000))
        return {clock, redis.call('ZCARD', KEYS[1])}
        """
}
