package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// app is an ordinary program, written with plain net/http, that knows nothing of
// limits, entity tags that go stale, or retries: 25 goroutines work for 10
// customers, read contacts and write small changes back.
type app struct {
	client *http.Client
	url    string

	jobs     atomic.Int64 // pieces of work that succeeded
	failures atomic.Int64 // pieces of work that failed, whatever the reason
	mu       sync.Mutex
	reasons  map[string]int
}

const workers = 25

// customer spreads the workers over 10 customers: one is large, nine are small.
func customer(i int) string { return fmt.Sprintf("C%02d", max(0, i%18-8)) }

// run works until ctx ends; what has begun by then is finished.
func (a *app) run(ctx context.Context) {
	var wg sync.WaitGroup
	for i := range workers {
		wg.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				if err := a.job(context.WithoutCancel(ctx), customer(i)); err != nil {
					a.fail(err)
				} else {
					a.jobs.Add(1)
				}
				time.Sleep(200 * time.Millisecond) // the next job is a click away
			}
		})
	}
	wg.Wait()
}

func (a *app) fail(err error) {
	a.failures.Add(1)
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.reasons == nil {
		a.reasons = map[string]int{}
	}
	var status statusError
	if errors.As(err, &status) {
		a.reasons[fmt.Sprintf("answered %d", int(status))]++
	} else {
		a.reasons["no answer"]++
	}
}

type statusError int

func (s statusError) Error() string { return fmt.Sprintf("the platform answered %d", int(s)) }

// job looks a contact up, changes its title and writes the whole of it back, as
// programs do that unmarshal into a struct and marshal the struct.
func (a *app) job(ctx context.Context, customer string) error {
	var page struct {
		Embedded []struct {
			ID string `json:"id"`
		} `json:"_embedded"`
	}
	if _, err := a.do(ctx, "GET", "/contacts/?pageSize=10", customer, "", nil, &page); err != nil {
		return err
	}
	if len(page.Embedded) == 0 {
		return errors.New("no contacts")
	}
	path := "/contacts/" + page.Embedded[rand.IntN(len(page.Embedded))].ID
	var contact map[string]any
	tag, err := a.do(ctx, "GET", path, customer, "", nil, &contact)
	if err != nil {
		return err
	}
	time.Sleep(50 * time.Millisecond) // a person looks at it
	contact["title"] = []string{"Ms", "Mr", "Dr", "Prof"}[rand.IntN(4)]
	_, err = a.do(ctx, "PATCH", path, customer, tag, contact, nil)
	return err
}

// do makes one call; out, when not nil, takes the answer.
func (a *app) do(ctx context.Context, method, path, customer, tag string, in, out any) (etag string, err error) {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return "", err
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, a.url+path, body)
	if err != nil {
		return "", err
	}
	req.Header.Set("reapit-customer", customer)
	req.Header.Set("api-version", "2020-01-31")
	req.Header.Set("Authorization", "Bearer quickstart")
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if tag != "" {
		req.Header.Set("If-Match", tag)
	}
	resp, err := a.client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return "", err
	}
	if resp.StatusCode >= 300 {
		return "", statusError(resp.StatusCode)
	}
	if out != nil {
		err = json.Unmarshal(answer, out)
	}
	return resp.Header.Get("ETag"), err
}
