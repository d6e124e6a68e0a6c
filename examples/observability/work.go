package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/goodtenant/goodtenant/limiter"
	"github.com/goodtenant/goodtenant/platformtest"
)

// work is an app's day in a hurry, until ctx ends: people who look at contacts,
// two programs that change the same one, an import with people in it who exist,
// and a platform that says no now and then.
func work(ctx context.Context, platform *platformtest.Server, client *http.Client) {
	a := app{url: platform.URL, client: client}
	rival := app{url: platform.URL, client: platform.Client()} // another program, not wrapped
	var jobs sync.WaitGroup
	every := func(pause time.Duration, job func(i int)) {
		jobs.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				job(i)
				select {
				case <-time.After(pause):
				case <-ctx.Done():
				}
			}
		})
	}
	for _, tenant := range []string{"SBOX", "OXF", "CAM"} {
		for range 4 { // several people at the same screen: their reads are shared
			every(40*time.Millisecond, func(int) { a.get(ctx, tenant, "/contacts/?pageSize=10") })
		}
		every(200*time.Millisecond, func(int) { a.get(limiter.WithPriority(ctx, limiter.Background), tenant, "/properties/?pageSize=5") })
	}
	every(300*time.Millisecond, func(i int) { a.update(ctx, "SBOX", &rival, i) })
	every(500*time.Millisecond, func(i int) { a.create(ctx, "SBOX", i/2) })
	every(40*time.Second, func(int) {
		platform.Control(func(r *http.Request) bool { return r.Method == http.MethodGet }, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
		}))
	})
	every(700*time.Millisecond, func(int) { // somebody in too much of a hurry
		short, cancel := context.WithTimeout(ctx, time.Millisecond)
		defer cancel()
		a.get(short, "CAM", "/offices/")
	})
	jobs.Wait()
}

// app is a client with the headers that the platform wants.
type app struct {
	url    string
	client *http.Client
}

func (a *app) send(ctx context.Context, method, tenant, path, etag string, body any) (*http.Response, []byte) {
	var content io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return nil, nil
		}
		content = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, a.url+path, content)
	if err != nil {
		return nil, nil
	}
	req.Header.Set("Reapit-Customer", tenant)
	req.Header.Set("Api-Version", "2020-01-31")
	req.Header.Set("Authorization", "Bearer example")
	if content != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if etag != "" {
		req.Header.Set("If-Match", etag)
	}
	resp, err := a.client.Do(req)
	if err != nil {
		return nil, nil
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, nil
	}
	return resp, b
}

func (a *app) get(ctx context.Context, tenant, path string) {
	a.send(ctx, "GET", tenant, path, "", nil)
}

// update changes a contact that the rival changes at the same time, elsewhere.
func (a *app) update(ctx context.Context, tenant string, rival *app, i int) {
	_, list := a.send(ctx, "GET", tenant, "/contacts/?pageSize=1", "", nil)
	var page struct {
		Embedded []struct{ ID string } `json:"_embedded"`
	}
	if json.Unmarshal(list, &page) != nil || len(page.Embedded) == 0 {
		return
	}
	path := "/contacts/" + page.Embedded[0].ID
	resp, body := a.send(ctx, "GET", tenant, path, "", nil)
	var entity map[string]any
	if resp == nil || json.Unmarshal(body, &entity) != nil {
		return
	}
	etag := resp.Header.Get("ETag")
	rival.send(ctx, "PATCH", tenant, path, etag, map[string]any{"title": fmt.Sprint("Dr ", i)})
	entity["forename"] = fmt.Sprint("Ann", i) // the whole entity, as many programs send it
	for _, readOnly := range []string{"id", "created", "modified", "_eTag", "_links", "_embedded"} {
		delete(entity, readOnly)
	}
	a.send(ctx, "PATCH", tenant, path, etag, entity)
}

// create adds a person, twice.
func (a *app) create(ctx context.Context, tenant string, i int) {
	a.send(ctx, "POST", tenant, "/contacts/", "", map[string]any{
		"surname": "Example", "email": fmt.Sprintf("person%d@mail.example", i), "marketingConsent": "deny",
		"officeIds": []string{"OFF1"}, "negotiatorIds": []string{"NEG1"},
	})
}
