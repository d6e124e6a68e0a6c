package goodtenant

import (
	"fmt"
	"net/http"

	"github.com/goodtenant/goodtenant/compliance"
	"github.com/goodtenant/goodtenant/conflict"
	"github.com/goodtenant/goodtenant/dedupe"
	"github.com/goodtenant/goodtenant/internal/body"
	"github.com/goodtenant/goodtenant/limiter"
)

// From finds the Transport inside a client, through wrappers that have an Unwrap
// or a WrappedRoundTripper method. A nil client has none.
func From(c *http.Client) (*Transport, bool) {
	if c == nil {
		return nil, false
	}
	return find(c.Transport)
}

func find(rt http.RoundTripper) (found *Transport, ok bool) {
	walk(rt, func(rt http.RoundTripper) bool {
		found, ok = rt.(*Transport)
		ok = ok && found != nil
		return ok
	})
	return found, ok
}

// deepest bounds the walk through wrappers: one that wraps itself would not end.
const deepest = 100

// walk shows rt, and what it wraps, to see, from the outside in, until see says
// that it has seen enough.
func walk(rt http.RoundTripper, see func(http.RoundTripper) (enough bool)) {
	for range deepest {
		if rt == nil || see(rt) {
			return
		}
		switch x := rt.(type) {
		case *Transport:
			return
		case interface{ Unwrap() http.RoundTripper }:
			rt = x.Unwrap()
		case interface{ WrappedRoundTripper() http.RoundTripper }:
			rt = x.WrappedRoundTripper()
		default:
			return
		}
	}
}

// stacked is an error where base holds a Transport, or one of the layers that
// this stack has: two of a kind would count, and hold back, every call twice.
func (s *stack) stacked(base http.RoundTripper) (err error) {
	walk(base, func(rt http.RoundTripper) bool {
		var what string
		switch x := rt.(type) {
		case *Transport:
			if x != nil {
				what = "a Transport"
			}
		case *limiter.Transport:
			if s.limiter != nil {
				what = "a limiter"
			}
		case *conflict.Transport:
			if s.conflict != nil {
				what = "a conflict layer"
			}
		case *dedupe.Transport:
			if s.dedupe != nil {
				what = "a dedupe layer"
			}
		case *compliance.Transport:
			if s.checker != nil {
				what = "a compliance layer"
			}
		}
		if what != "" {
			err = fmt.Errorf("goodtenant: the base transport is under a policy already, by %s: two stacked policies would count every call twice; use Transport.Over or the client that is wrapped", what)
		}
		return err != nil
	})
	return err
}

// refusing is the entry of a Transport that cannot work.
type refusing struct{ err error }

func (r refusing) RoundTrip(req *http.Request) (*http.Response, error) {
	body.CloseRequest(req)
	return nil, r.err
}
