package redisstore

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// Messages, each a letter and words:
//
//	g CLIENT EPOCH ID TENANT COST IN LABEL   a grant that another client's step has brought
//	b CLIENT IN                              ask again after IN: nobody else will
//	w CLIENT                                 ask again: there is no hope for an ask
//	e EPOCH                                  the state was lost: say what you hold
//	u KEY                                    a lock is free
//
// The first three come on the channel of one process, the others on that of all.
func (s *Store) ownChannel() string { return s.prefix + ":c:" + s.id }
func (s *Store) allChannel() string { return s.prefix + ":all" }

const (
	hearFirst  = 50 * time.Millisecond // between two subscriptions, growing
	hearLast   = 2 * time.Second
	hearDenied = time.Minute      // where the user has no right to the channels
	hearPing   = 15 * time.Second // of silence, then the connection is tried
	hearIdle   = 10 * time.Minute // while no step has been made lately
)

// listen keeps the subscription until Close.
func (s *Store) listen() {
	pause := hearFirst
	for {
		began := time.Now()
		err := s.hear()
		s.mu.Lock()
		s.hears = false
		s.mu.Unlock()
		if s.ctx.Err() != nil {
			return
		}
		if time.Since(began) > hearLast {
			pause = hearFirst
		}
		wait := jitter(pause)
		pause = min(hearLast, 2*pause)
		if denied(err) {
			wait = hearDenied
			s.warn("deaf", "the Redis user may not subscribe: this process asks again by itself while calls wait, which is slower",
				"remedy", "grant +subscribe and the channels &"+s.prefix+":*", "error", err.Error())
		}
		if !sleep(s.ctx, wait) {
			return
		}
	}
}

// hear subscribes and takes messages until the connection ends.
func (s *Store) hear() error {
	subscribe := s.rdb.Subscribe
	if s.publish == "SPUBLISH" {
		subscribe = s.rdb.SSubscribe
	}
	ctx, end := context.WithCancel(s.ctx)
	defer end()
	ps := subscribe(ctx, s.ownChannel(), s.allChannel())
	defer ps.Close()
	defer context.AfterFunc(ctx, func() { ps.Close() })()
	silent := false
	for stood := 0; ; {
		m, err := ps.ReceiveTimeout(ctx, s.pingAfter())
		if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() && !silent {
			silent = true
			err = ps.Ping(ctx)
			if err == nil {
				continue
			}
		}
		if err != nil {
			return err
		}
		silent = false
		switch m := m.(type) {
		case *redis.Subscription:
			if stood++; stood == 2 {
				s.stands(end)
			}
		case *redis.Message:
			s.take(m.Payload)
		}
	}
}

func (s *Store) pingAfter() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.clients {
		if time.Since(c.used) < usedLately {
			return hearPing
		}
	}
	return hearIdle
}

// stands notes that the subscription stands: those who wait say so with a step.
func (s *Store) stands(end func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	s.hears, s.heardSince, s.unhear = true, now, end
	for _, c := range s.clients {
		if len(c.wants) > 0 {
			c.dueLocked(now)
		}
	}
	s.locks.wakeAllLocked()
}

// hearAnewLocked ends a subscription that does not reach us.
func (s *Store) hearAnewLocked() {
	if s.unhear != nil {
		s.unhear()
		s.unhear = nil
	}
}

// take takes one message in.
func (s *Store) take(text string) {
	f := fields{words: strings.Fields(text)}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	switch kind := f.word(); kind {
	case "e":
		epoch := f.num()
		for _, c := range s.clients {
			c.lostLocked(epoch, now)
		}
		s.locks.wakeAllLocked()
	case "u":
		s.locks.wakeLocked(f.word())
	default:
		c := s.clientWithLocked(f.word())
		if c == nil {
			return
		}
		switch kind {
		case "g":
			f.num() // the epoch: a later one makes us say anew what we hold
			if g := f.grant(); f.err == nil {
				c.pushedLocked(g, now)
			}
		case "b":
			c.pollsLocked(now.Add(time.Duration(f.num()) * time.Microsecond))
		case "w":
			c.pollsLocked(now)
		}
		s.wakeLocked()
	}
}

func (s *Store) clientWithLocked(id string) *client {
	for _, c := range s.clients {
		if c.id == id {
			return c
		}
	}
	return nil
}

// jitter is d give or take a fifth.
func jitter(d time.Duration) time.Duration {
	return d + time.Duration((rand.Float64()-0.5)*0.4*float64(d))
}

// sleep waits for d, or until ctx ends: false.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
