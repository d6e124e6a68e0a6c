-- One step of one client: what has ended, what it wants, what it and others may
-- start. KEYS[1] is the app's prefix; codec.go writes ARGV and reads the answer.
-- doc.go lists the keys. Times are this server's, in microseconds, and whole;
-- days are in seconds. All that is read is checked before anything is written.
local T = KEYS[1]
local call, floor, min, max = redis.call, math.floor, math.min, math.max

local OPEN, LEASE = 4e6, 30e6     -- until a permit that nobody renews counts as used, and as ended
local SILENT = 5e5                -- until who does not acknowledge a permit is asked whether it is there
local DEAF = 15e5                 -- the first of these for a client whose connection has gone
local ALONE, TOGETHER = 1e6, 25e4 -- how far ahead starts are given out
local RESAY = 10e6                -- the day's last units wait for so long after a loss
local QUIET = 1e6                 -- after a loss, for the others to say what they hold
local FRESH, GONE = 30e6, 90e6    -- until demand that nobody repeats, and a client, are forgotten
local BURST, CATCHUP = 5, 2
local PATIENCE = 20               -- grants to others that a client which hears nothing waits for
local BUCKET, EDGE, ROLL, KEPT = 300, 5, 300 + 86400 + 60, 180000
local MOST = 64                   -- grants of one step
local EXACT = 9007199254740991

local function int(x) return string.format('%.0f', x) end

local function num(s, key)
  local n = string.match(s or '', '^%-?%d+$') and tonumber(s)
  if not n or n > EXACT or n < -EXACT then error('GTPOISON ' .. key) end
  return n
end

local place = 0
local function arg() place = place + 1; return ARGV[place] end
local function argn() return num(arg(), 'ARGV') end
local function list(read)
  local all = {}
  for i = 1, argn() do all[i] = read() end
  return all
end

local now, me = arg(), {id = arg(), n = argn()}
local known, seen, ack, guard = argn(), argn(), argn(), argn()
me.channel, me.publish, me.calendar, me.sig, me.bye = arg(), arg(), arg(), arg(), arg() == '1'
local limits = list(function() return {kind = arg(), app = arg() == 'a', per = argn(), max = argn()} end)
local asks = list(function() return {tenant = arg(), calls = argn(), cost = argn()} end)
local done = list(function() return {id = arg(), tenant = arg(), what = argn(), age = argn(), delta = argn(), label = arg()} end)
local holds = list(function() return {id = arg(), tenant = arg(), what = argn()} end)
local counts = list(function() return {scope = arg(), label = arg(), n = argn()} end)
local pauses = list(function() return {kind = arg(), scope = arg(), span = argn()} end)

local function hash(key)
  local flat, h = call('HGETALL', key), {}
  for i = 1, #flat, 2 do h[flat[i]] = flat[i + 1] end
  return h
end

-- The app's state, and the time, which goes back with a new server only.
local metaKey, meta = T .. ':s', nil
do
  local h = hash(metaKey)
  meta = {epoch = num(h.e or '0', metaKey), last = num(h.t or '0', metaKey), id = num(h.i or '0', metaKey), turn = num(h.v or '0', metaKey),
    baton = num(h.b or '0', metaKey), ttl = num(h.x or '0', metaKey), run = h.r ~= '' and h.r or nil, lost = h.l == '1'}
end
if now == '' then
  local t = call('TIME')
  now = num(t[1], 'TIME') * 1e6 + num(t[2], 'TIME')
else
  now = num(now, 'ARGV')
end
local back = meta.last - now > OPEN
if not back then now = max(now, meta.last) end
meta.last = now

-- The clients, with what they want and the last permit that was sent to them and
-- not acknowledged.
local clientsKey, clients = T .. ':q', {}
for id, record in pairs(hash(clientsKey)) do
  local c, part = {id = id, asks = {}}, {}
  for p in string.gmatch(record, '[^|]+') do
    local f = {}
    for w in string.gmatch(p, '%S+') do f[#f + 1] = w end
    part[#part + 1] = f
  end
  local f = part[1] or {}
  c.n, c.seen, c.turn = num(f[1], clientsKey), min(now, num(f[2], clientsKey)), num(f[3], clientsKey)
  c.channel, c.sig = f[4], f[5]
  if f[6] and f[6] ~= '-' then
    c.pushed = {id = f[6], tenant = f[7], cost = num(f[8], clientsKey), start = num(f[9], clientsKey), label = f[10]}
  end
  for i = 2, #part do
    local a = part[i]
    c.asks[i - 1] = {tenant = a[1], calls = num(a[2], clientsKey), cost = num(a[3], clientsKey)}
  end
  clients[id] = c
end

-- A step sent again is answered as before, and an older one is not carried out.
local old = clients[me.id]
if old and me.n == old.n then
  local told = call('HGET', T .. ':r', me.id)
  if told then return told end
elseif old and me.n < old.n then
  return redis.error_reply('GTSTALE ' .. int(me.n) .. ' comes after ' .. int(old.n))
end

-- State that is missing, older than what this client has seen, or another server's
-- that may have been behind, is lost: all say anew what they hold, and nothing
-- starts meanwhile.
local info = redis.pcall('INFO', 'server')
local run = type(info) == 'string' and string.match(info, 'run_id:(%w+)') or meta.run
local moved = meta.run ~= nil and meta.run ~= run
meta.run = run
local behind = known == meta.epoch and known ~= 0 and (back or old and old.n < me.n - 1 or not old and me.n > 1 and now - seen < GONE - FRESH)
if meta.epoch == 0 or behind or back or moved then
  meta.lost = known ~= 0 or moved
  meta.epoch = meta.epoch == now and now + 1 or now
  meta.id = max(meta.id, meta.epoch)
  meta.new = true
elseif known ~= 0 and known ~= meta.epoch and now - meta.epoch < QUIET then
  meta.lost = true
end
local quiet = meta.epoch + QUIET + guard

me.seen, me.asks = now, asks
me.turn = old and old.turn or 0
me.pushed = old and old.pushed
if me.pushed and num(me.pushed.id, clientsKey) <= ack then me.pushed = nil end
for _, a in ipairs(asks) do
  if me.pushed and a.tenant == me.pushed.tenant and a.calls > 0 then a.calls = a.calls - 1; break end
end
local deaf = old ~= nil and old.channel == '!'

-- Whose demand has been waiting: its time was no rest.
local waited = {}
for _, c in pairs(clients) do
  if now - c.seen < FRESH then
    for _, a in ipairs(c.asks) do
      if a.calls > 0 then waited.a = true; waited['t' .. a.tenant] = true end
    end
  end
end
if me.bye then clients[me.id] = nil else clients[me.id] = me end

local function scopeOf(l, tenant) return l.app and 'a' or 't' .. tenant end

-- Scopes: pauses, paces, and the limits that others keep to.
local scopes, touched = {}, {}
local function scope(sc)
  local s = scopes[sc]
  if not s then
    s = {key = T .. ':h:' .. sc, ttl = 120e6}
    s.h = hash(s.key)
    scopes[sc] = s
  end
  return s
end
local function put(s, field, value, ttl)
  s.h[field] = value
  s.dirty, s.ttl = true, max(s.ttl, ttl)
end

-- Where two clients differ, the lower limit holds, for a minute after the other
-- was heard of last.
local function lowest(l, sc)
  local s, field = scope(sc), 'l' .. l.kind .. int(l.per)
  l.low = l.low or {}
  if l.low[sc] then return l.low[sc] end
  local low = l.max
  local m, untl, by = string.match(s.h[field] or '', '^(%d+) (%d+) (%S+)$')
  if m and by ~= me.id and num(untl, s.key) > now and num(m, s.key) < l.max then
    low = num(m, s.key)
  elseif not m or num(m, s.key) ~= l.max or num(untl, s.key) < now + 30e6 then
    put(s, field, int(l.max) .. ' ' .. int(now + 60e6) .. ' ' .. me.id, 0)
  end
  l.low[sc] = low
  return low
end

-- Days: units by five minutes and client. A unit counts for 24 h, the five
-- minutes, and one for the way; or in the day of the calendar, and within EDGE of
-- a day's edge in both.
local nowS = now / 1e6
local from, before, edge
do
  local p, s, e = string.match(me.calendar, '^(%-?%d+) (%-?%d+) (%-?%d+)$')
  if p then
    before, from, edge = tonumber(p) - EDGE, tonumber(s) - EDGE, tonumber(e)
    if nowS < from + EDGE or nowS >= edge then return redis.error_reply('GTCALENDAR ' .. int(now)) end
  end
end
local label = floor(nowS / BUCKET) * BUCKET
if from then
  for _, cut in ipairs({from + EDGE, from + 2 * EDGE, edge - EDGE}) do
    if cut <= nowS then label = max(label, cut) end
  end
end
label = int(label)

local days = {}
local function units(d)
  local all, n = {}, 0
  for f, v in pairs(hash(d.key)) do
    if f ~= '=' then
      n = n + 1
      all[n] = {field = f, label = num(string.match(f, '^(%d+)%.'), d.key), n = num(v, d.key)}
    end
  end
  return all
end
local function recount(d)
  local first
  d.sum = 0
  for _, u in ipairs(units(d)) do
    d.dirty = true
    if u.label + KEPT < nowS then
      d.old = d.old or {}
      d.old[#d.old + 1] = u.field
    elseif from and u.label >= from or not from and u.label + ROLL > nowS then
      d.sum = d.sum + u.n
      first = min(first or u.label, u.label)
    end
  end
  if d.sum > EXACT then error('GTPOISON ' .. d.key) end
  d.upto = from and edge or floor((first or nowS) + ROLL)
end
local function day(sc)
  local d = days[sc]
  if d then return d end
  d = {key = T .. ':d:' .. sc}
  days[sc] = d
  local mode, upto, sum = string.match(call('HGET', d.key, '=') or '', '^(%S+) (%d+) (%d+)$')
  if mode == (from and int(from) or 'r') and num(upto, d.key) > nowS then
    d.upto, d.sum = num(upto, d.key), num(sum, d.key)
  else
    recount(d)
  end
  if from and nowS < from + 2 * EDGE then -- the day before may count it too
    d.early = 0
    for _, u in ipairs(units(d)) do
      if u.label >= before and u.label < from + 2 * EDGE then d.early = d.early + u.n end
    end
  end
  return d
end
local function spend(sc, at, who, n)
  local d = day(sc)
  local mine = call('HINCRBY', d.key, at .. '.' .. who, n)
  if mine < 0 then
    n = n - mine
    call('HSET', d.key, at .. '.' .. who, '0')
  end
  at, d.dirty = num(at, d.key), true
  if from and at >= from or not from and at + ROLL > nowS then
    if d.sum == 0 and not from then d.upto = at + ROLL end
    d.sum = max(0, d.sum + n)
  end
  if d.early then d.early = d.early + n end
end
-- When cost units are left again.
local function freeAt(d, cost, most)
  if from then
    if d.sum + cost <= most then return from + 2 * EDGE end
    return edge
  end
  local all, must = units(d), min(d.sum, d.sum + cost - most)
  table.sort(all, function(x, y) return x.label < y.label end)
  for _, u in ipairs(all) do
    if u.label + ROLL > nowS then
      must = must - u.n
      if must <= 0 then return u.label + ROLL end
    end
  end
  return floor(nowS + ROLL)
end
for _, l in ipairs(limits) do
  if l.kind == 'd' then
    for _, a in ipairs(asks) do day(scopeOf(l, a.tenant)) end
    for _, x in ipairs(done) do day(scopeOf(l, x.tenant)) end
  end
end

-- What has ended, and what is held.
local openKey = T .. ':o'
local function rateKey(l, sc) return T .. ':w:' .. sc .. ':' .. int(l.per) end
local function member(id, who) return id .. '.' .. who end
local function slotKey(sc) return T .. ':f:' .. sc end
local function keep(key, member, untl)
  call('ZADD', key, int(untl), member)
  call('PEXPIRE', key, int(floor((untl - now) / 1000) + LEASE / 1000))
end
local function bit(what, n) return floor(what / n) % 2 == 1 end
local pruned = {}
local function prune(key, far)
  if pruned[key] then return end
  pruned[key] = true
  call('ZREMRANGEBYSCORE', key, '-inf', int(now))
  call('ZREMRANGEBYSCORE', key, '(' .. int(far), '+inf') -- of another server's clock
end
local function loadPace(l, sc, most)
  local s, field = scope(sc), 'n' .. int(l.per)
  s.paces = s.paces or {}
  local p = s.paces[field]
  if p then return p end
  p = {s = s, field = field, gap = floor((l.per + guard) / most) + 1, burst = min(BURST, most)}
  local next, credit, rested = string.match(s.h[field] or '', '^(%d+) (%d+) (%d+)$')
  if next then
    p.next, p.credit, p.rested = num(next, s.key), min(num(credit, s.key), p.burst), num(rested, s.key)
    if p.next > now + max(OPEN, 3 * p.gap + l.per) then p.next = now end -- of another server's clock
    local since = max(p.next, p.rested)
    if waited[sc] then
      p.rested = max(p.rested, now)
    elseif now > since then
      local n = floor((now - since) / p.gap)
      if p.credit + n >= p.burst then p.credit, p.rested = p.burst, now else p.credit, p.rested = p.credit + n, since + n * p.gap end
    end
  else
    p.next, p.credit, p.rested = 0, p.burst, now
  end
  s.paces[field] = p
  return p
end
local function savePace(p, l) put(p.s, p.field, int(p.next) .. ' ' .. int(p.credit) .. ' ' .. int(p.rested), 2 * l.per + 5 * p.gap) end

for _, x in ipairs(done) do
  for _, l in ipairs(limits) do
    local sc = scopeOf(l, x.tenant)
    if l.kind == 'r' then
      if bit(x.what, 4) then
        prune(rateKey(l, sc), now + OPEN + l.per + 2e6)
        if call('ZREM', rateKey(l, sc), member(x.id, me.id)) == 1 then
          local p = loadPace(l, sc, lowest(l, sc))
          p.credit = min(p.burst, p.credit + 1)
          savePace(p, l)
        end
      elseif bit(x.what, 1) then
        local leaves = now - x.age + l.per + guard
        if leaves > now then keep(rateKey(l, sc), member(x.id, me.id), leaves) else call('ZREM', rateKey(l, sc), member(x.id, me.id)) end
      end
    elseif l.kind == 'c' then
      if x.what >= 2 then call('ZREM', slotKey(sc), x.id) end
    elseif x.delta ~= 0 then
      spend(sc, x.label, me.id, x.delta)
    end
  end
  if x.what >= 2 then call('ZREM', openKey, x.id) end
end
for _, x in ipairs(holds) do
  for _, l in ipairs(limits) do
    local sc = scopeOf(l, x.tenant)
    if l.kind == 'r' and bit(x.what, 1) then
      keep(rateKey(l, sc), member(x.id, me.id), now + OPEN + l.per)
    elseif l.kind == 'c' and bit(x.what, 2) then
      keep(slotKey(sc), x.id, now + LEASE)
    end
  end
  keep(openKey, x.id, now + LEASE)
end
for _, x in ipairs(counts) do
  local key, field = T .. ':d:' .. x.scope, x.label .. '.' .. me.id
  if num(call('HGET', key, field) or '0', key) < x.n then
    call('HSET', key, field, int(x.n))
    call('HDEL', key, '=')
    call('PEXPIRE', key, int(KEPT * 1000))
    days[x.scope] = nil
  end
end
for _, x in ipairs(pauses) do
  local s, field = scope(x.scope), 'p' .. x.kind
  if num(s.h[field] or '0', s.key) < now + x.span then put(s, field, int(now + x.span), x.span) end
end

-- When one more call of a scope may start: a time; nil where that waits for an
-- event. The answers are kept until something is granted in the scope.
local ready = {}
local function readyAt(sc)
  local r = ready[sc]
  if r then return r.at, r.blocked end
  r = {at = now}
  ready[sc] = r
  local s = scope(sc)
  r.at = max(r.at, num(s.h.pr or '0', s.key))
  for _, l in ipairs(limits) do
    if l.app == (sc == 'a') then
      if l.kind == 'r' then
        local key, most = rateKey(l, sc), lowest(l, sc)
        prune(key, now + OPEN + l.per + 2e6)
        local n = call('ZCARD', key)
        if n >= most then
          local leaves = tonumber(call('ZRANGE', key, n - most, n - most, 'WITHSCORES')[2])
          if leaves ~= floor(leaves) then error('GTPOISON ' .. key) end
          r.at = max(r.at, leaves)
        end
        local p = loadPace(l, sc, most)
        if p.credit == 0 then r.at = max(r.at, p.next) end
        if meta.lost then r.at = max(r.at, meta.epoch + l.per + guard) end
      elseif l.kind == 'c' then
        local key = slotKey(sc)
        prune(key, now + LEASE)
        if call('ZCARD', key) >= lowest(l, sc) then r.blocked = true end
      end
    end
  end
  if now < quiet then r.at = max(r.at, quiet) end
  return r.at, r.blocked
end

-- What keeps a call from starting: a day that is spent, or a pause of one.
local function spent(a)
  for i, l in ipairs(limits) do
    if l.kind == 'd' then
      local sc = scopeOf(l, a.tenant)
      local s = scope(sc)
      local untl = num(s.h.pd or '0', s.key)
      if untl > now then return i, untl end
      local d, most = day(sc), lowest(l, sc)
      if meta.lost and now < meta.epoch + RESAY and d.sum + a.cost <= most and d.sum + a.cost + max(20, most / 100) > most then
        return i, meta.epoch + RESAY -- some may not have said yet what they have spent
      end
      if d.sum + a.cost > most or d.early and d.early + a.cost > most then return i, freeAt(d, a.cost, most) * 1e6 end
    end
  end
  for _, sc in ipairs({'a', 't' .. a.tenant}) do
    local s = scope(sc)
    local untl = num(s.h.pd or '0', s.key)
    if untl > now then return 0, untl end
  end
end

local function take(a, start, who)
  meta.id = meta.id + 1
  local id = int(meta.id)
  for _, l in ipairs(limits) do
    local sc = scopeOf(l, a.tenant)
    ready[sc] = nil
    if l.kind == 'r' then
      local p = loadPace(l, sc, lowest(l, sc))
      if p.credit > 0 then
        p.credit = p.credit - 1
        p.next = max(p.next, start + guard + p.gap)
      else
        p.next = max(p.next, start - CATCHUP * p.gap) + p.gap
      end
      savePace(p, l)
      keep(rateKey(l, sc), member(id, who), start + OPEN + l.per)
    elseif l.kind == 'c' then
      keep(slotKey(sc), id, now + LEASE)
    else
      spend(sc, label, who, a.cost)
    end
  end
  keep(openKey, id, now + LEASE)
  return {id = id, tenant = a.tenant, cost = a.cost, start = start, label = label}
end

-- Those who wait, the one served longest ago first.
local queue = {}
for _, c in pairs(clients) do
  local hears = c == me or c.channel ~= '-' and c.channel ~= '!' and not c.pushed
  if hears and c.sig == me.sig and now - c.seen < FRESH and #c.asks > 0 then queue[#queue + 1] = c end
end
if me.channel == '-' then -- nobody can be told: who asks often leaves some to who has waited for longer
  for _, c in pairs(clients) do
    if c ~= me and c.channel == '-' and c.sig == me.sig and now - c.seen < 1e6 and #c.asks > 0 and c.turn < me.turn and meta.turn - c.turn > PATIENCE then queue = {} end
  end
end
table.sort(queue, function(x, y) return x.turn < y.turn or x.turn == y.turn and x.id < y.id end)
local crowd = 0
for _, c in pairs(clients) do
  if c ~= me and now - c.seen < FRESH then
    for _, a in ipairs(c.asks) do
      if a.calls > 0 then crowd = crowd + 1; break end
    end
  end
end
local horizon = now + (crowd > 0 and TOGETHER or ALONE)

-- A client that is gone holds what has not been counted for a short time only: it
-- may have lost its connection alone, and renews what it holds then.
local function forsake(c)
  for _, l in ipairs(limits) do
    local seen = {}
    for _, a in ipairs(c.asks) do
      local key, latest = rateKey(l, scopeOf(l, a.tenant)), now + DEAF + l.per
      if l.kind == 'r' and not seen[key] then
        seen[key] = true
        for _, m in ipairs(call('ZRANGEBYSCORE', key, '(' .. int(latest), '+inf')) do
          if string.match(m, '%.(.*)$') == c.id then keep(key, m, latest) end
        end
      end
    end
  end
end
local function tell(c, text)
  local n = redis.pcall(me.publish, c.channel, text)
  if type(n) == 'table' then me.mute = true; return false end
  if n == 0 then
    forsake(c)
    ready = {}
    c.channel, c.asks, c.dirty = '!', {}, true
  end
  return n ~= 0
end
local function describe(g)
  return g.id .. ' ' .. g.tenant .. ' ' .. int(g.cost) .. ' ' .. int(max(0, g.start - now)) .. ' ' .. g.label
end

local grants, refused, soonest, waiting = {}, {}, nil, nil
if me.pushed then grants[1] = me.pushed end

-- One call of c, if any may start: what was granted, or nil; stop where the app
-- has nothing left for anyone.
local function serve(c)
  if c ~= me and me.mute then return nil end
  for i, a in ipairs(c.asks) do
    if a.calls > 0 then
      local limit, retry = spent(a)
      if limit then
        a.calls = 0
        if c == me then
          refused[#refused + 1] = 'f ' .. int(a.place - 1) .. ' ' .. int(limit - 1) .. ' ' .. int(retry)
        else
          c.dirty = true
          if not tell(c, 'w ' .. c.id) then return nil end
        end
      else
        local at, blocked = readyAt('a')
        if blocked then return nil, true end
        if at <= horizon then
          local own, full = readyAt('t' .. a.tenant)
          at = max(at, own)
          if not full and at <= horizon then
            if c ~= me then
              -- said before it is taken: who does not hear gets nothing
              local g = {id = int(meta.id + 1), tenant = a.tenant, cost = a.cost, start = at, label = label}
              if not tell(c, 'g ' .. c.id .. ' ' .. int(meta.epoch) .. ' ' .. describe(g)) then return nil end
              c.pushed, c.dirty = g, true
            end
            local g = take(a, at, c.id)
            if c == me then grants[#grants + 1] = g end
            a.calls = a.calls - 1
            table.remove(c.asks, i)
            table.insert(c.asks, a)
            return g
          end
          if full then at = nil end
        end
        if at and (not soonest or at < soonest) then soonest, waiting = at, c end
        if at and at > horizon and readyAt('a') > horizon then return nil, true end
      end
    end
  end
end

for i, a in ipairs(asks) do a.place = i end

-- Who has not acknowledged a permit for long is asked for a step, or is gone.
for _, c in pairs(clients) do
  local silent = c ~= me and c.pushed and c.sig == me.sig and c.channel ~= '!' and now - c.pushed.start
  if silent and silent > SILENT and silent < LEASE and not me.mute then
    if not tell(c, 'w ' .. c.id) and not me.mute then c.pushed = nil end
  end
end
if now < quiet then
  soonest, waiting = quiet, me
  ready = {}
else
  local i, left = 1, MOST
  while queue[i] and left > 0 do
    local c = queue[i]
    local g, stop = serve(c)
    if stop then break end
    if g then
      left = left - 1
      meta.turn = meta.turn + 1
      c.turn = meta.turn
      table.remove(queue, i)
      if c == me then queue[#queue + 1] = c end -- the others have one to acknowledge
    else
      i = i + 1
    end
  end
end

-- Whoever waits asks again by itself only where nothing else will bring a step:
-- one client at a time is told when.
local wants = 0
for _, a in ipairs(asks) do wants = wants + a.calls end
prune(openKey, now + LEASE)
local later = -1
if now < quiet then
  if wants > 0 then later = quiet - now end
elseif soonest and (me.channel == '-' or call('ZCARD', openKey) == 0) then
  local due = min(now + 10e6, max(now + 1000, soonest - (horizon - now)))
  if me.channel == '-' then
    if wants > 0 then later = due - now end
  elseif meta.baton <= now or due < meta.baton - 50e3 then
    local holder = wants > 0 and me or waiting
    if holder == me then later = due - now else tell(holder, 'b ' .. holder.id .. ' ' .. int(due - now)) end
    meta.baton = due + 50e3
  end
end

-- Who is there.
local index, members = 0, 0
for id, c in pairs(clients) do
  if now - c.seen >= GONE then
    call('HDEL', clientsKey, id)
    call('HDEL', T .. ':r', id)
    clients[id] = nil
  else
    members = members + 1
    if id < me.id then index = index + 1 end
  end
end

-- The answer.
local out = {'o ' .. int(now) .. ' ' .. int(meta.epoch) .. ' ' .. (now < quiet and meta.lost and '1' or '0') .. ' ' .. int(later)
  .. ' ' .. int(index) .. ' ' .. int(members) .. ' ' .. int(crowd) .. ' ' .. (deaf and '1' or '0') .. ' ' .. (me.mute and '1' or '0')}
for _, g in ipairs(grants) do out[#out + 1] = 'g ' .. describe(g) end
for _, r in ipairs(refused) do out[#out + 1] = r end
for i, l in ipairs(limits) do
  if l.kind == 'd' then
    local said = {}
    for j = 1, #asks do
      for _, a in ipairs(asks) do
        local sc = scopeOf(l, a.tenant)
        if a.place == j and not said[sc] then
          said[sc] = true
          local d = day(sc)
          out[#out + 1] = 'd ' .. int(i - 1) .. ' ' .. int(j - 1) .. ' ' .. int(d.sum) .. ' ' .. int(d.sum > 0 and d.upto or 0)
        end
      end
    end
  end
end
out = table.concat(out, '\n')

-- What has changed.
for _, d in pairs(days) do
  if d.old then for _, f in ipairs(d.old) do call('HDEL', d.key, f) end end
  if d.dirty then
    call('HSET', d.key, '=', (from and int(from) or 'r') .. ' ' .. int(d.upto) .. ' ' .. int(d.sum))
    call('PEXPIRE', d.key, int(KEPT * 1000))
  end
end
for _, s in pairs(scopes) do
  if s.dirty then
    for field, value in pairs(s.h) do call('HSET', s.key, field, value) end
    call('PEXPIRE', s.key, int(floor(s.ttl / 1000)))
  end
end
local function save(c)
  local record = {int(c.n) .. ' ' .. int(c.seen) .. ' ' .. int(c.turn) .. ' ' .. c.channel .. ' ' .. c.sig
    .. ' ' .. (c.pushed and c.pushed.id .. ' ' .. c.pushed.tenant .. ' ' .. int(c.pushed.cost) .. ' ' .. int(c.pushed.start) .. ' ' .. c.pushed.label or '-')}
  for _, a in ipairs(c.asks) do
    if a.calls > 0 then record[#record + 1] = a.tenant .. ' ' .. int(a.calls) .. ' ' .. int(a.cost) end
  end
  record = table.concat(record, '|')
  call('HSET', clientsKey, c.id, record)
end
for _, c in pairs(clients) do
  if c == me or c.dirty then save(c) end
end
if me.bye then
  call('HDEL', clientsKey, me.id)
  call('HDEL', T .. ':r', me.id)
else
  call('HSET', T .. ':r', me.id, out)
end
call('HSET', metaKey, 'e', int(meta.epoch), 't', int(now), 'i', int(meta.id), 'v', int(meta.turn), 'b', int(meta.baton), 'l', meta.lost and '1' or '0', 'r', meta.run or '')
if meta.ttl < now then
  call('HSET', metaKey, 'x', int(now + 3600e6))
  for _, key in ipairs({metaKey, clientsKey, T .. ':r'}) do call('PEXPIRE', key, int(KEPT * 1000)) end
end
if meta.new then redis.pcall(me.publish, T .. ':all', 'e ' .. int(meta.epoch)) end
return out
