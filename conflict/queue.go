package conflict

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// queue lets the writes of this process to one entity go one after the other:
// each then begins from what the one before has left, where otherwise all but
// one of them would be refused and try again.
type queue struct {
	maxWait time.Duration

	mu    sync.Mutex
	turns map[string]*turn
}

// turn is one entity's: a channel that holds one token while nobody writes.
type turn struct {
	free  chan struct{}
	users int // of the map's entry: the writer and those that wait
}

func newQueue(maxWait time.Duration) *queue {
	return &queue{maxWait: maxWait, turns: map[string]*turn{}}
}

// wait takes the entity's turn; leave gives it back and may be called twice. It
// goes on without the turn when maxWait is over: a write that hangs holds up the
// others of its entity no longer than that. err is the request's context's.
func (q *queue) wait(req *http.Request, key string) (leave func(), err error) {
	if q.maxWait < 0 {
		return func() {}, nil
	}
	t := q.enter(key)
	select {
	case <-t.free:
		return q.leave(key, t), nil
	default:
	}
	timer := time.NewTimer(q.maxWait)
	defer timer.Stop()
	select {
	case <-t.free:
		return q.leave(key, t), nil
	case <-timer.C:
		q.exit(key, t)
		return func() {}, nil
	case <-req.Context().Done():
		q.exit(key, t)
		return nil, context.Cause(req.Context())
	case <-req.Cancel: //nolint:staticcheck // http.Client still sets it
		q.exit(key, t)
		return nil, context.Canceled
	}
}

func (q *queue) enter(key string) *turn {
	q.mu.Lock()
	defer q.mu.Unlock()
	t := q.turns[key]
	if t == nil {
		t = &turn{free: make(chan struct{}, 1)}
		t.free <- struct{}{}
		q.turns[key] = t
	}
	t.users++
	return t
}

func (q *queue) leave(key string, t *turn) func() {
	var once sync.Once
	return func() {
		once.Do(func() {
			t.free <- struct{}{}
			q.exit(key, t)
		})
	}
}

func (q *queue) exit(key string, t *turn) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if t.users--; t.users == 0 {
		delete(q.turns, key)
	}
}
