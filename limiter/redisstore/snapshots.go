package redisstore

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	snapshotLife = 8 * 24 * time.Hour // a day more than a checker looks back
	snapshotMost = 256                // replicas; the oldest are dropped
	snapshotSize = 32 << 20
)

var snapshotScript = redis.NewScript(`
local T, name, key, life, most = KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[4]), tonumber(ARGV[5])
local all, t = T .. ':snaps', redis.call('TIME')
redis.call('SET', T .. ':snap:' .. key, ARGV[3], 'PX', life)
redis.call('ZADD', all, t[1], name)
redis.call('ZREMRANGEBYSCORE', all, '-inf', string.format('%.0f', t[1] - math.floor(life / 1000)))
local many = redis.call('ZCARD', all)
if many > most then redis.call('ZREMRANGEBYRANK', all, 0, many - most - 1) end
redis.call('PEXPIRE', all, life)
return many`)

// SaveSnapshot implements compliance.Snapshots. Snapshots are kept for 8 days, of
// 256 replicas, up to 32 MiB each.
func (s *Store) SaveSnapshot(ctx context.Context, replica string, data []byte) error {
	if err := s.begin(); err != nil {
		return err
	}
	if len(data) > snapshotSize {
		return fmt.Errorf("redisstore: a snapshot of %d bytes, want at most %d", len(data), snapshotSize)
	}
	err := snapshotScript.Run(ctx, s.rdb, []string{s.prefix}, replica, s.hash("replica", replica), data, snapshotLife.Milliseconds(), snapshotMost).Err()
	if err != nil {
		return s.named(err)
	}
	return nil
}

// LoadSnapshots implements compliance.Snapshots.
func (s *Store) LoadSnapshots(ctx context.Context) (map[string][]byte, error) {
	if err := s.begin(); err != nil {
		return nil, err
	}
	names, err := s.rdb.ZRange(ctx, s.prefix+":snaps", 0, -1).Result()
	if err != nil {
		return nil, s.named(err)
	}
	all := make(map[string][]byte, len(names))
	for _, name := range names {
		data, err := s.rdb.Get(ctx, s.prefix+":snap:"+s.hash("replica", name)).Bytes()
		if err == redis.Nil {
			continue // its time is over
		}
		if err != nil {
			return nil, s.named(err)
		}
		all[name] = data
	}
	return all, nil
}
