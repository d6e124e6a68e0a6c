package redisstore

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
)

const (
	heartbeat  = 20 * time.Second // of a client that has been used lately
	usedLately = time.Minute
	callBound  = 3 * time.Second // of the keeper's calls
)

// keep makes the calls that no step makes.
func (s *Store) keep() {
	for {
		c, at := s.earliest()
		if c == nil {
			at = time.Now().Add(heartbeat)
		}
		t := time.NewTimer(time.Until(at))
		select {
		case <-t.C:
			if c != nil {
				c.attend()
			}
		case <-s.kick:
		case <-s.ctx.Done():
			t.Stop()
			return
		}
		t.Stop()
	}
}

// earliest is the client that is due first.
func (s *Store) earliest() (first *client, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.clients {
		if !c.due.IsZero() && (first == nil || c.due.Before(at)) {
			first, at = c, c.due
		}
	}
	s.keepAt = at
	return first, at
}

// attend makes a call for c, unless a step has.
func (c *client) attend() {
	s := c.s
	ctx, cancel := context.WithTimeout(s.ctx, callBound)
	defer cancel()
	if c.lock(ctx) != nil {
		c.dueAt(time.Now().Add(tellAfter))
		return
	}
	defer c.unlock()
	s.mu.Lock()
	if c.due.IsZero() || time.Now().Before(c.due) {
		s.mu.Unlock()
		return
	}
	c.due = time.Time{}
	idle := time.Since(c.used) > usedLately && len(c.inbox) == 0 && len(c.done) == 0 && !c.anew
	s.mu.Unlock()
	if c.pending == nil && (c.n == 0 || idle && !c.renews()) {
		return // it is forgotten until it is used again
	}
	for again := true; again; again = c.lost() {
		if c.pending == nil {
			c.prepare(c.standing())
		}
		if _, err := c.send(ctx); err != nil {
			return
		}
	}
	c.plan()
	s.mu.Lock()
	if len(c.inbox) > 0 {
		s.wakeLocked()
	}
	s.mu.Unlock()
}

// renews reports whether c holds what ends when it is not renewed.
func (c *client) renews() bool {
	for _, p := range c.held {
		if what, _ := p.holds(); what != 0 {
			return true
		}
	}
	return false
}

// standing is the demand that the server knows.
func (c *client) standing() (all []want) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	for _, w := range c.wants {
		if w.calls > 0 {
			all = append(all, w)
		}
	}
	return all
}

// lostLocked has c say anew what it holds, to state that is newer than what it knows.
func (c *client) lostLocked(epoch int64, now time.Time) {
	if c.epoch != 0 && c.epoch != epoch {
		c.anew = true
		c.dueLocked(now)
	}
}

// leave gives back what c holds, for the last time.
func (c *client) leave(ctx context.Context) error {
	if err := c.lock(ctx); err != nil {
		return err
	}
	defer c.unlock()
	if c.n == 0 {
		return nil
	}
	if c.pending != nil {
		if _, err := c.send(ctx); err != nil {
			return err
		}
	}
	c.giveUp()
	c.prepare(nil).bye = true
	_, err := c.send(ctx)
	return err
}

// run makes one call. A calendar that does not hold the server's time is made anew.
func (s *Store) run(ctx context.Context, c *client, k *call) (r reply, err error) {
	if err := s.resting(); err != nil {
		return r, err
	}
	at := time.Now()
	if c.seen != 0 {
		at = time.UnixMicro(c.seen).Add(time.Since(c.seenAt))
	}
	var text string
	for range 3 {
		if k.calendar, err = calendar(k.day, at); err != nil {
			return r, err
		}
		text, err = script.Run(ctx, s.rdb, []string{s.prefix}, k.args(time.Now())...).Text()
		if err == nil {
			break
		}
		if w, ok := after(err, "GTCALENDAR"); ok {
			at = time.UnixMicro(w)
		} else if w, ok := after(err, "comes after"); ok {
			k.n = uint64(w) + 1 // another's of our name: none of it was carried out
		} else {
			break
		}
	}
	if err == nil {
		r, err = parse(text)
	}
	return r, s.outcome(ctx, err)
}

// after is the number that follows a word in err's text.
func after(err error, word string) (int64, bool) {
	_, rest, ok := strings.Cut(err.Error(), word+" ")
	if !ok {
		return 0, false
	}
	digits, _, _ := strings.Cut(rest, " ")
	n, bad := strconv.ParseInt(digits, 10, 64)
	return n, bad == nil
}

const (
	restFirst = 50 * time.Millisecond // between two calls to a server that fails, growing
	restLast  = 2 * time.Second
)

// resting is the last call's error while the server is not to be tried again.
func (s *Store) resting() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down != nil && time.Now().Before(s.retryAt) {
		return fmt.Errorf("%w (it is asked again in %v)", s.down, time.Until(s.retryAt).Round(time.Millisecond))
	}
	return nil
}

// outcome notes how a call went.
func (s *Store) outcome(ctx context.Context, err error) error {
	if err == nil || ctx.Err() == context.Canceled {
		if err == nil {
			s.mu.Lock()
			if s.moved {
				s.hearAnewLocked() // the subscription is with the server that was
			}
			s.down, s.downFor, s.moved = nil, 0, false
			s.mu.Unlock()
		}
		return err
	}
	err = s.named(err)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = err
	s.downFor = min(restLast, max(restFirst, 2*s.downFor))
	s.retryAt = time.Now().Add(jitter(s.downFor))
	s.moved = s.moved || strings.Contains(err.Error(), "READONLY")
	return err
}
