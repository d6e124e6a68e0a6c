package goodtenant_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/goodtenant/goodtenant"
	"github.com/goodtenant/goodtenant/compliance"
	"github.com/goodtenant/goodtenant/conflict"
	"github.com/goodtenant/goodtenant/dedupe"
	"github.com/goodtenant/goodtenant/limiter"
	"github.com/goodtenant/goodtenant/platformtest"
	"github.com/goodtenant/goodtenant/policy"
	"github.com/goodtenant/goodtenant/profile"
)

// request is a call as an app makes it.
func request(method, url, body string) *http.Request {
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		panic(err)
	}
	req.Header.Set("Authorization", "Bearer example")
	req.Header.Set("reapit-customer", "SBOX")
	req.Header.Set("api-version", "2020-01-31")
	req.Header.Set("Content-Type", "application/json")
	return req
}

// One line wraps the client that the app has; no call site changes.
func ExampleWrap() {
	platform := platformtest.NewServer(platformtest.Config{HTTP2: true})
	defer platform.Close()
	client := platform.Client()

	client, err := goodtenant.Wrap(client, goodtenant.WithGuidelines(profile.Reapit()))
	if err != nil {
		panic(err)
	}
	t, _ := goodtenant.From(client)
	defer t.Close()

	// Two creates of one person: the second is refused before it is sent.
	for range 2 {
		resp, err := client.Do(request("POST", "https://platform.reapit.cloud/contacts/", `{"forename":"Ann","surname":"Lee","email":"ann@example.com"}`))
		if dup, ok := errors.AsType[*dedupe.DuplicateError](err); ok {
			fmt.Println("refused:", dup.Rule, "by", dup.Key)
			continue
		}
		if err != nil {
			panic(err)
		}
		resp.Body.Close()
		fmt.Println(resp.Status)
	}
	// Output:
	// 201 Created
	// refused: contacts by email
}

// The way into a running app: observe first, read what would have been done, then
// switch one layer on while calls are under way.
func ExampleTransport_SetMode() {
	platform := platformtest.NewServer(platformtest.Config{HTTP2: true})
	defer platform.Close()
	client, err := goodtenant.Wrap(platform.Client(), goodtenant.WithGuidelines(profile.Reapit()),
		goodtenant.WithLimiter(limiter.Config{Mode: policy.Observe}),
		goodtenant.WithConflict(conflict.Config{Mode: policy.Observe}),
		goodtenant.WithDedupe(dedupe.Config{Mode: policy.Observe}),
		goodtenant.WithCompliance(compliance.Config{Mode: policy.Observe}),
	)
	if err != nil {
		panic(err)
	}
	t, _ := goodtenant.From(client)
	defer t.Close()

	// The app reads a contact, changes its title, and writes all of it back.
	update := func(title string) {
		url := "https://platform.reapit.cloud/contacts/" + platform.IDs("SBOX", "contacts")[0]
		resp, err := client.Do(request("GET", url, ""))
		if err != nil {
			panic(err)
		}
		entity, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		patch := request("PATCH", url, strings.Replace(string(entity), `"title":"`, `"title":"`+title+` `, 1))
		patch.Header.Set("If-Match", resp.Header.Get("ETag"))
		if resp, err = client.Do(patch); err != nil {
			panic(err)
		}
		resp.Body.Close()
		requests := platform.Requests()
		fmt.Printf("%v, %v: one member sent: %v\n", t.Snapshot().Modes["conflict"], resp.Status, len(requests[len(requests)-1].Body) < 60)
	}
	update("Prof")
	fmt.Println("members that need not have been sent:", t.Snapshot().Conflict.Would.Removed > 10)
	if err := t.SetMode(goodtenant.Conflict, policy.Enforce); err != nil {
		panic(err)
	}
	update("Dr")
	// Output:
	// observe, 204 No Content: one member sent: false
	// members that need not have been sent: true
	// enforce, 204 No Content: one member sent: true
}

// A refusal says who refused, why, and when to come back.
func Example_refused() {
	client, err := goodtenant.Wrap(nil, goodtenant.WithLimiter(limiter.Config{Limits: limiter.Limits{limiter.PerDay(1)}}))
	if err != nil {
		panic(err)
	}
	t, _ := goodtenant.From(client)
	platform := platformtest.NewServer(platformtest.Config{})
	defer platform.Close()
	for range 2 {
		resp, err := client.Do(request("GET", platform.URL+"/offices/", ""))
		if refused, ok := errors.AsType[*limiter.RefusedError](err); ok {
			fmt.Println(refused.Reason, refused.Limit)
			continue
		}
		if err != nil {
			panic(err)
		}
		resp.Body.Close()
		fmt.Println(resp.Status)
	}
	t.Close()
	// Output:
	// 200 OK
	// quota-spent 1 a day
}
