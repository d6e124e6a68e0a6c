package conflict

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/goodtenant/goodtenant/internal/body"
	"github.com/goodtenant/goodtenant/internal/call"
)

// Update reads an entity, asks f what to change in it, and sends that as a PATCH
// that names the version read. When somebody else was faster it begins anew, so
// that f computes from the fresh entity each time: the right way to count up, to
// append, to take the next free number.
//
// req is the GET; its context, URL and headers serve the PATCH too. f gets the
// entity and returns the members to set: a json.RawMessage or []byte is sent as
// it is, anything else is marshalled, and nil means that nothing is to change:
// then Update returns the answer to the GET, readable. f may be called several
// times. The response is the PATCH's, or a GET's that was no entity; after 16
// conflicts it is the last conflict. Errors are those of c, of f and of
// marshalling, and an *Error where the entity carries no version. c may have a Transport of this package in it, whose Dialect and
// limits then hold, or not. The caller closes the response's body.
func Update(c *http.Client, req *http.Request, f func(entity json.RawMessage) (patch any, err error)) (*http.Response, error) {
	u := &updating{cfg: Config{}.WithDefaults()}
	for n := 1; ; n++ {
		resp, entity, tag, err := u.read(c, req, n)
		if err != nil || entity == nil {
			return resp, err
		}
		if tag == "" {
			resp.Body.Close()
			return nil, &Error{Theirs: entity, Reason: NoVersion}
		}
		change, err := f(entity)
		if err != nil || change == nil {
			if err != nil {
				resp.Body.Close()
				resp = nil
			}
			return resp, err
		}
		resp.Body.Close()
		text, err := asJSON(change)
		if err != nil {
			return nil, err
		}
		resp, err = c.Do(u.patch(req, entity, text, tag))
		if err != nil || n == updateRounds || u.cfg.Dialect.meaning(resp.StatusCode, true, func() []byte { return peek(resp) }) != stale {
			return resp, err
		}
		body.Drain(resp.Body)
		if err := sleep(req, jitter(u.cfg.Backoff, u.cfg.MaxBackoff, n)); err != nil {
			return nil, err
		}
	}
}

// updateRounds bounds Update: 50 writers at once need fewer.
const updateRounds = 16

// updating is one Update under way. A Transport that meets it in the context of
// the GET leaves its configuration there, and replays nothing of the PATCH.
type updating struct{ cfg Config }

type updatingKey struct{}

func updatingOf(ctx context.Context) *updating {
	u, _ := ctx.Value(updatingKey{}).(*updating)
	return u
}

// read gets the entity. The response is readable; entity is nil where it is none.
func (u *updating) read(c *http.Client, req *http.Request, n int) (resp *http.Response, entity json.RawMessage, tag string, err error) {
	ctx := context.WithValue(req.Context(), updatingKey{}, u)
	if n > 1 {
		ctx = call.WithOrigin(ctx, call.Refetch)
	}
	get := req.Clone(ctx)
	get.Header.Set("Cache-Control", "no-cache") // no shared answer: it would be old, and not leave us the dialect
	if resp, err = c.Do(get); err != nil {
		return nil, nil, "", err
	}
	if resp.StatusCode != http.StatusOK {
		return resp, nil, "", nil
	}
	text, whole, rest, err := body.Peek(resp.Body, int64(u.cfg.MaxBody))
	if err != nil {
		return nil, nil, "", err
	}
	if !whole {
		rest.Close()
		return nil, nil, "", fmt.Errorf("conflict: Update: the entity is larger than Config.MaxBody (%d bytes)", u.cfg.MaxBody)
	}
	resp.Body = io.NopCloser(bytes.NewReader(text))
	d, err := parse(text)
	if err != nil {
		return nil, nil, "", err
	}
	return resp, text, u.cfg.Dialect.version(resp.Header, resp.Trailer, d), nil
}

// patch makes the write that belongs to the GET.
func (u *updating) patch(get *http.Request, entity, change []byte, tag string) *http.Request {
	req := get.Clone(WithBase(context.WithValue(get.Context(), updatingKey{}, u), entity))
	req.Method = http.MethodPatch
	req.URL.RawQuery = u.cfg.Dialect.entityQuery(req.URL)
	if req.Header.Get("Content-Type") == "" {
		req.Header.Set("Content-Type", "application/json")
	}
	setBody(req, u.cfg.Dialect.name(req, change, tag))
	return req
}

func asJSON(change any) ([]byte, error) {
	switch v := change.(type) {
	case json.RawMessage:
		return v, nil
	case []byte:
		return v, nil
	}
	return json.Marshal(change)
}
