package conflict

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/goodtenant/goodtenant/internal/body"
)

// fetch reads the fresh version.
func (x *exchange) fetch() state {
	answer, err := x.read()
	switch {
	case err != nil && x.req.Context().Err() != nil:
		return x.end(nil, err)
	case err != nil:
		return x.giveUp(RefetchFailed)
	case answer == nil:
		return x.compare
	case x.kind == remove:
		answer.Body.Close()
		return x.end(x.answer(AlreadyApplied, nil), nil)
	}
	x.out.Reason = Gone
	return x.end(answer, nil)
}

// read gets the entity anew, into x.theirs. answer is the platform's word that it
// is gone, readable; any other failure is an error.
func (x *exchange) read() (answer *http.Response, err error) {
	x.counts.Refetches++
	x.out.Refetches++
	asked := x.t.memory.tick()
	resp, err := x.t.send(x.t.cfg.refetch(x.req))
	if err != nil {
		return nil, err
	}
	gone := resp.StatusCode == http.StatusNotFound || resp.StatusCode == http.StatusGone
	if gone && hold(resp) {
		return resp, nil
	}
	if gone || resp.StatusCode != http.StatusOK || !isJSON(resp.Header.Get("Content-Type")) {
		body.Drain(resp.Body)
		return nil, errNoEntity
	}
	text, whole, rest, err := body.Peek(resp.Body, int64(x.t.cfg.MaxBody))
	if !whole && rest != nil {
		body.Drain(rest)
	}
	if err != nil || !whole {
		return nil, errNoEntity
	}
	switch resp.Header.Get("Content-Encoding") {
	case "", "identity":
	case "gzip":
		if text, whole = unzip(text, x.t.cfg.MaxBody); !whole {
			return nil, errNoEntity
		}
	default:
		return nil, errNoEntity
	}
	d, err := parse(text)
	if err != nil || !d.isObject(0) {
		return nil, errNoEntity
	}
	tag := x.t.cfg.Dialect.version(resp.Header, resp.Trailer, d)
	if tag == "" {
		return nil, errNoEntity
	}
	if inBody := x.t.cfg.Dialect.member(d); inBody != "" && inBody != tag {
		x.t.warn(&x.t.warned.sources, "the version in the header and the one in the body differ; the first of Dialect.Version is used")
	}
	x.theirs, x.theirsTag = d, tag
	x.t.memory.put(x.key, version{tag: tag, body: text, who: x.who, asked: asked, at: time.Now()})
	return nil, nil
}

var errNoEntity = errors.New("conflict: the fresh version could not be read")

// heldBytes is how much of an answer is kept in memory while others are asked for.
const heldBytes = 64 << 10

// hold reads a response's body into memory and closes it; the response stays
// readable as it came, a read error included. false: it is too large, and open.
func hold(resp *http.Response) bool {
	data, err := io.ReadAll(io.LimitReader(resp.Body, heldBytes+1))
	rest := io.Reader(nil)
	if err != nil {
		rest = failing{err}
	} else if len(data) > heldBytes {
		resp.Body = struct {
			io.Reader
			io.Closer
		}{io.MultiReader(bytes.NewReader(data), resp.Body), resp.Body}
		return false
	}
	resp.Body.Close()
	r := io.Reader(bytes.NewReader(data))
	if rest != nil {
		r = io.MultiReader(r, rest)
	}
	resp.Body = io.NopCloser(r)
	return true
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// peek gives the beginning of a response's body and leaves it readable.
func peek(resp *http.Response) []byte {
	hold(resp)
	var b bytes.Buffer
	io.CopyN(&b, resp.Body, heldBytes)
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(bytes.Clone(b.Bytes())), resp.Body), resp.Body}
	return b.Bytes()
}
