package redisstore

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/goodtenant/goodtenant/dedupe"
)

// lockScript holds a key for an owner, or tells how long another holds it: 0 and
// the note, 1 and the milliseconds. Where the state has been lost since the caller
// looked last, somebody may hold the key without the server knowing: it is free a
// hold later only.
var lockScript = redis.NewScript(`
local T, key, owner, hold, longest, known = KEYS[1], ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5]
local lock, note, wait = T .. ':l:' .. key, T .. ':n:' .. key, T .. ':z:' .. key
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local mark = redis.call('GET', T .. ':k') or string.format('%.0f', now)
redis.call('SET', T .. ':k', mark, 'PX', 8 * 86400000)
if known ~= '' and known ~= mark then
  local left = tonumber(mark) + longest - now
  if left > 0 then return {1, known, left} end
end
local holder = redis.call('GET', lock)
if holder and holder ~= owner and string.sub(holder, 1, 1) ~= '-' then
  local left = math.max(1, redis.call('PTTL', lock))
  redis.call('SET', wait, '1', 'PX', left)
  return {1, mark, left}
end
redis.call('SET', lock, owner, 'PX', hold)
local kept = redis.call('GET', note)
if kept then return {0, mark, kept} end
return {0, mark}`)

// saveScript keeps a note and goes on holding, or frees: 1 where the owner holds
// the key. A key that was freed remembers by whom for a while, so that a call that
// is sent again answers the same.
var saveScript = redis.NewScript(`
local T, key, owner, kept, keep, hold = KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local lock, note, wait = T .. ':l:' .. key, T .. ':n:' .. key, T .. ':z:' .. key
local holder = redis.call('GET', lock)
if holder == '-' .. owner and hold == '0' then return 1 end
if holder ~= owner then return 0 end
if keep == '0' then redis.call('DEL', note) else redis.call('SET', note, kept, 'PX', keep) end
if hold ~= '0' then
  redis.call('SET', lock, owner, 'PX', hold)
else
  redis.call('SET', lock, '-' .. owner, 'PX', 10000)
  if redis.call('DEL', wait) == 1 then redis.pcall(ARGV[6], ARGV[7], 'u ' .. key) end
end
return 1`)

const (
	lockPoll = 2 * time.Second // while a lock is waited for: a message may be lost
	lockMost = 30 * 24 * time.Hour
)

// lockWaits are those of this process who wait for locks, under Store.mu.
type lockWaits struct {
	waiting map[string]*lockWait
	mark    string        // of the state that was seen last
	longest time.Duration // hold that was asked for
}

type lockWait struct {
	freed chan struct{}
	n     int
}

func (l *lockWaits) wakeLocked(key string) {
	if w := l.waiting[key]; w != nil {
		close(w.freed)
		delete(l.waiting, key)
	}
}

func (l *lockWaits) wakeAllLocked() {
	for key := range l.waiting {
		l.wakeLocked(key)
	}
}

// Lock implements dedupe.Locks. It waits for the message that the key is free, and
// looks every two seconds beside it.
func (s *Store) Lock(ctx context.Context, key, owner string, hold time.Duration) ([]byte, error) {
	if err := s.begin(); err != nil {
		return nil, err
	}
	key, owner = s.hash("lock", key), s.hash("owner", owner)
	for {
		freed, leave := s.waitFor(key) // before it is asked for: no message is missed
		note, left, err := s.tryLock(ctx, key, owner, hold)
		if err != nil || left == 0 {
			leave()
			return note, err
		}
		t := time.NewTimer(min(left, jitter(lockPoll)))
		select {
		case <-freed:
		case <-t.C:
		case <-ctx.Done():
			err = context.Cause(ctx)
		case <-s.ctx.Done():
			err = errClosed
		}
		t.Stop()
		leave()
		if err != nil {
			return nil, err
		}
	}
}

// waitFor joins those who wait for a key.
func (s *Store) waitFor(key string) (freed <-chan struct{}, leave func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.locks.waiting[key]
	if w == nil {
		w = &lockWait{freed: make(chan struct{})}
		s.locks.waiting[key] = w
	}
	w.n++
	return w.freed, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if w.n--; w.n == 0 && s.locks.waiting[key] == w {
			delete(s.locks.waiting, key)
		}
	}
}

func (s *Store) tryLock(ctx context.Context, key, owner string, hold time.Duration) (note []byte, left time.Duration, err error) {
	s.mu.Lock()
	l := &s.locks
	l.longest = max(l.longest, min(hold, lockMost))
	longest, mark := l.longest, l.mark
	s.mu.Unlock()
	got, err := lockScript.Run(ctx, s.rdb, []string{s.prefix}, key, owner, millis(hold), millis(longest), mark).Slice()
	if err != nil {
		return nil, 0, s.named(err)
	}
	if len(got) < 2 {
		return nil, 0, fmt.Errorf("redisstore: a lock was answered with %d values", len(got))
	}
	s.mu.Lock()
	l.mark, _ = got[1].(string)
	s.mu.Unlock()
	switch n := got[0].(type) {
	case int64:
		if n == 0 && len(got) == 3 {
			text, _ := got[2].(string)
			return []byte(text), 0, nil
		}
		if n == 0 {
			return nil, 0, nil
		}
	}
	ms, _ := got[2].(int64)
	return nil, max(time.Millisecond, time.Duration(ms)*time.Millisecond), nil
}

// Save implements dedupe.Locks.
func (s *Store) Save(ctx context.Context, key, owner string, note []byte, keep, hold time.Duration) error {
	if err := s.begin(); err != nil {
		return err
	}
	if note == nil {
		keep = 0
	}
	held, err := saveScript.Run(ctx, s.rdb, []string{s.prefix}, s.hash("lock", key), s.hash("owner", owner), note,
		millis(keep), millis(hold), s.publish, s.allChannel()).Int()
	if err != nil {
		return s.named(err)
	}
	if held == 0 {
		return dedupe.ErrLockLost
	}
	return nil
}

// millis is d for PX: rounded up, so that nothing ends before its time.
func millis(d time.Duration) int64 {
	return min(max(0, d), lockMost).Truncate(time.Millisecond).Milliseconds() + min(1, int64(max(0, d)%time.Millisecond))
}
