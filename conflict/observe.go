package conflict

import (
	"io"
	"net/http"
	"sync"
	"time"
)

// observe sends a write exactly as it is, reads nothing ahead of the base, and
// works out afterwards what Enforce would have done.
func (t *Transport) observe(req *http.Request, k kind) (*http.Response, error) {
	if k != remove && req.ContentLength <= 0 {
		return t.pass(req, untouched) // a body of unknown length may be cut into other chunks when it is read through a tap
	}
	x := t.newExchange(req, k)
	sent := req
	var tap *tap
	if k != remove {
		tap = newTap(req.Body, t.cfg.MaxBody)
		sent = req.WithContext(req.Context()) // a copy: the body is another one
		sent.Body = tap
	}
	resp, err := t.send(sent)
	understood := false
	if k == remove {
		understood = x.understand()
	} else if raw, ok := tap.all(); ok {
		x.raw = raw
		understood = x.understand()
	}
	if understood {
		x.foresee()
	}
	if err != nil {
		t.memory.end(x.key, "")
		return nil, err
	}
	if resp.Request == sent {
		resp.Request = req
	}
	if understood {
		x.foreseeConflict(resp)
	} else if resp.StatusCode < 300 {
		t.memory.end(x.key, "")
	}
	x.told(resp, x.tell)
	return resp, nil
}

// foresee counts what would have been sent.
func (x *exchange) foresee() {
	var w Would
	if x.tag == "" && x.t.cfg.AutoIfMatch.Enabled(false) {
		x.foreseeVersion()
	}
	if x.out.Versioned {
		w.Versioned = 1
	}
	if x.tag != "" || x.out.Versioned || !x.t.cfg.AutoIfMatch.Enabled(false) {
		x.minimise()
	}
	w.Removed = int64(x.out.Removed)
	if _, ok := x.unneeded(); ok {
		w.NoRequest = 1
	}
	x.t.tally.foresee(w)
	if x.out.Members > 0 {
		x.minimised(Minimised{Members: x.out.Members, Removed: x.out.Removed, BytesBefore: len(x.raw), BytesLeft: len(x.body),
			NoRequest: w.NoRequest > 0, Observed: true})
	}
}

// foreseeVersion is nameVersion without the read that it may need.
func (x *exchange) foreseeVersion() {
	if x.kind != patch && x.kind != ops {
		return
	}
	if !x.chooseVersion() && !x.whole {
		x.out.Versioned = true
	}
}

// foreseeConflict takes note of the answer.
func (x *exchange) foreseeConflict(resp *http.Response) {
	switch x.t.cfg.Dialect.meaning(resp.StatusCode, x.appTag() != "", func() []byte { return nil }) {
	case stale:
		x.counts.Conflicts++
		next := NotReplayable
		if x.replayable() {
			next = Replayed
			x.t.tally.foresee(Would{Replayed: 1})
		}
		x.conflicted(Conflicted{Attempt: 1, Status: resp.StatusCode, Next: next, Observed: true})
	case required:
		x.counts.Conflicts++
	case settled:
		x.tag = x.appTag()
		x.accepted(resp)
	}
	x.counts.Writes++
	x.counts.MembersRemoved, x.counts.Versioned = 0, 0
	x.t.tally.add(time.Now(), x.counts)
}

// tap keeps a copy of a request's body as the base reads it.
type tap struct {
	rc  io.ReadCloser
	max int

	mu   sync.Mutex
	buf  []byte
	over bool
}

func newTap(rc io.ReadCloser, max int) *tap { return &tap{rc: rc, max: max} }

func (t *tap) Read(p []byte) (int, error) {
	n, err := t.rc.Read(p)
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.buf)+n > t.max {
		t.over, t.buf = true, nil
	}
	if !t.over {
		t.buf = append(t.buf, p[:n]...)
	}
	return n, err
}

func (t *tap) Close() error { return t.rc.Close() }

// all is what the base has read; whether it is the whole body, its syntax tells.
func (t *tap) all() ([]byte, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.buf, !t.over && len(t.buf) > 0
}
