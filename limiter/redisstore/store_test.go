package redisstore

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/goodtenant/goodtenant/limiter"
	"github.com/goodtenant/goodtenant/limiter/storetest"
)

// apps gives each name of a test an app of its own, with state that was there.
func apps(rdb func(t *testing.T) redis.UniversalClient) func(*testing.T) limiter.Store {
	var mu sync.Mutex
	names := map[string]string{}
	return func(t *testing.T) limiter.Store {
		c := rdb(t)
		mu.Lock()
		name := names[t.Name()]
		if name == "" {
			name = app(t)
			names[t.Name()] = name
			settledState(t, c, name)
		}
		mu.Unlock()
		return open(t, c, name)
	}
}

// Over a real server the Store passes the suite for all Stores.
func TestStore(t *testing.T) {
	s := common(t)
	rdb := s.client(t)
	defer rdb.Close()
	storetest.Run(t, apps(func(*testing.T) redis.UniversalClient { return rdb }))
}

// And over one in memory, what takes days.
func TestStoreVirtual(t *testing.T) {
	var mu sync.Mutex
	servers := map[string]redis.UniversalClient{}
	storetest.RunVirtual(t, apps(func(t *testing.T) redis.UniversalClient {
		mu.Lock()
		defer mu.Unlock()
		if servers[t.Name()] == nil {
			servers[t.Name()] = memory(t)
		}
		return servers[t.Name()]
	}))
}

// memory is a client of a server in memory, whose time is that of the bubble.
func memory(t *testing.T) *redis.Client {
	m := miniredis.NewMiniRedis()
	m.ClockTTL(true)
	c := redis.NewClient(&redis.Options{
		Dialer: func(context.Context, string, string) (net.Conn, error) { return m.Dial() },
		Addr:   "127.0.0.1:6379", ConnMaxIdleTime: -1, ReadTimeout: time.Minute, WriteTimeout: time.Minute,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}, // it looks up names, outside the bubble
	})
	t.Cleanup(func() {
		c.Close()
		m.Close()
	})
	return c
}
