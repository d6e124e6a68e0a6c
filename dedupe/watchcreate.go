package dedupe

import (
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/goodtenant/goodtenant/policy"
)

// watchCreate is create under Observe: the request goes out as it is, its body is
// copied as it streams, and the create counts as unchecked, or as a duplicate of
// one that this process made.
func (t *Transport) watchCreate(r *rule, req *http.Request) (*http.Response, error) {
	seen := &teeBody{}
	out := req.WithContext(req.Context())
	if req.Body != nil && req.Body != http.NoBody {
		out.Body = seen.over(req.Body)
		if req.GetBody != nil {
			out.GetBody = func() (io.ReadCloser, error) {
				rc, err := req.GetBody()
				if err != nil {
					return nil, err
				}
				return seen.over(rc), nil
			}
		}
	}
	resp, err := t.next().RoundTrip(out)
	if resp != nil && resp.Request == out {
		resp.Request = req
	}
	c := &creation{t: t, rule: r, req: req, ctx: req.Context(), data: seen.bytes()}
	if c.data != nil {
		c.understand()
	}
	c.forecast(resp)
	c.callHooks(resp)
	return resp, err
}

// forecast counts what Enforce would have made of the create, and remembers it.
func (c *creation) forecast(resp *http.Response) {
	t, u := c.t, c.t.unique
	keys := t.lockKeys(c.rule, c.req, c.what, c.whom)
	known := false
	for _, k := range keys {
		if k.prior = u.vault.open(u.local.peek(k.name), k.name); k.prior == nil || k.prior.State != noteCreated || known || c.ctx.Value(allowDuplicate) != nil {
			continue
		}
		known = true
		t.count.wouldDuplicates.Add(1)
		if h := t.cfg.Hooks.Duplicate; h != nil {
			e := Duplicate{Mode: policy.Observe, Rule: c.rule.Name, Key: k.label, Matches: 1, Recent: true, Action: c.rule.OnDuplicate}
			c.after = append(c.after, func() { h(c.req.Context(), e) })
		}
	}
	if !known && c.ctx.Value(allowDuplicate) == nil {
		t.count.wouldUnchecked.Add(1)
		if h := t.cfg.Hooks.Unchecked; h != nil {
			e := Unchecked{Mode: policy.Observe, Rule: c.rule.Name, Sent: true}
			if len(keys) == 0 {
				e.Reason = NoKey
			}
			c.after = append(c.after, func() { h(c.req.Context(), e) })
		}
	}
	var n *note
	switch {
	case resp == nil || resp.StatusCode >= 500:
		n = &note{State: noteDoubt, At: time.Now()}
	case resp.StatusCode >= 200 && resp.StatusCode < 300:
		n = c.created(resp)
		c.adopt(n, keys)
	case resp.StatusCode == http.StatusConflict:
		n = &note{State: noteExists, At: time.Now()}
	default:
		return
	}
	for _, k := range keys {
		u.local.put(k.name, u.vault.close(n, k.name), t.cfg.Remember)
	}
}

// teeBody keeps what is read of a request's body, as far as maxCreate.
type teeBody struct {
	mu   sync.Mutex
	data []byte
	gone bool // larger than is kept
}

// over is rc, copied; a later attempt begins anew.
func (t *teeBody) over(rc io.ReadCloser) io.ReadCloser {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.data, t.gone = []byte{}, false
	r := &teeReader{ReadCloser: rc, t: t}
	if _, ok := rc.(io.WriterTo); ok {
		return teeWriterTo{r}
	}
	return r
}

// keep adds what went through.
func (t *teeBody) keep(p []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.data)+len(p) > maxCreate {
		t.data, t.gone = nil, true
	} else if !t.gone {
		t.data = append(t.data, p...)
	}
}

// bytes is what was read, nil where nothing or too much was.
func (t *teeBody) bytes() []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.gone || len(t.data) == 0 {
		return nil
	}
	return append([]byte(nil), t.data...)
}

type teeReader struct {
	io.ReadCloser
	t *teeBody
}

func (r *teeReader) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	r.t.keep(p[:n])
	return n, err
}

// teeWriterTo is for a body that writes itself: it goes on doing so, since chunks
// on the wire are as large as its writes.
type teeWriterTo struct{ *teeReader }

func (r teeWriterTo) WriteTo(w io.Writer) (int64, error) {
	return r.ReadCloser.(io.WriterTo).WriteTo(writer(func(p []byte) (int, error) {
		n, err := w.Write(p)
		r.t.keep(p[:max(n, 0)])
		return n, err
	}))
}

type writer func([]byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }
