package goodtenant_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/goodtenant/goodtenant"
	"github.com/goodtenant/goodtenant/conflict"
	"github.com/goodtenant/goodtenant/dedupe"
	"github.com/goodtenant/goodtenant/limiter"
	"github.com/goodtenant/goodtenant/platformtest"
	"github.com/goodtenant/goodtenant/profile"
)

// The order of the layers, seen by a create and by an update that meets a fresh
// version: the app makes one call, and each layer makes of it what it must.
func Example_order() {
	platform := platformtest.NewServer(platformtest.Config{})
	defer platform.Close()

	seen := func(name string) func(http.RoundTripper) http.RoundTripper {
		return func(next http.RoundTripper) http.RoundTripper {
			return roundTripper(func(req *http.Request) (*http.Response, error) {
				fmt.Println(name, req.Method)
				return next.RoundTrip(req)
			})
		}
	}
	client, err := goodtenant.Wrap(platform.Client(),
		goodtenant.WithGuidelines(profile.Reapit()),
		goodtenant.WithPerAttempt(seen("      attempt:")),
		goodtenant.WithPerCall(seen("call:")),
		goodtenant.WithHooks(goodtenant.Hooks{
			Limiter: limiter.Hooks{Admitted: func(context.Context, limiter.Admitted) { fmt.Println("    limiter: admitted") }},
			Conflict: conflict.Hooks{Conflicted: func(_ context.Context, c conflict.Conflicted) {
				fmt.Printf("  conflict: answered %d, then %v\n", c.Status, c.Next)
			}},
			Dedupe: dedupe.Hooks{Lookup: func(_ context.Context, l dedupe.Lookup) { fmt.Println("  dedupe: looked up by", l.Key) }},
		}),
	)
	if err != nil {
		panic(err)
	}
	t, _ := goodtenant.From(client)
	defer t.Close()

	send := func(method, path, tag, body string) *http.Response {
		req, err := http.NewRequest(method, "http://platform.reapit.cloud"+path, strings.NewReader(body))
		if err != nil {
			panic(err)
		}
		req.Header.Set("Authorization", "Bearer example")
		req.Header.Set("reapit-customer", "SBOX")
		req.Header.Set("api-version", "2020-01-31")
		req.Header.Set("Content-Type", "application/json")
		if tag != "" {
			req.Header.Set("If-Match", tag)
		}
		resp, err := client.Do(req)
		if err != nil {
			panic(err)
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		return resp
	}

	created := send("POST", "/contacts/", "", `{"forename":"Ann","surname":"Lee","email":"ann@example.com"}`)
	path := "/contacts/" + created.Header.Get("Location")[strings.LastIndexByte(created.Header.Get("Location"), '/')+1:]
	read := send("GET", path, "", "")
	// Another app edits the contact in the meantime.
	if err := platform.Edit("SBOX", "contacts", path[len("/contacts/"):], map[string]any{"title": "Dr"}); err != nil {
		panic(err)
	}
	fmt.Println(send("PATCH", path, read.Header.Get("ETag"), `{"surname":"Lee-Kim"}`).Status)

	// Output:
	// call: POST
	//     limiter: admitted
	//       attempt: GET
	//     limiter: admitted
	//       attempt: POST
	//   dedupe: looked up by email
	// call: GET
	//     limiter: admitted
	//       attempt: GET
	// call: PATCH
	//     limiter: admitted
	//       attempt: PATCH
	//   conflict: answered 412, then replayed
	//     limiter: admitted
	//       attempt: GET
	//     limiter: admitted
	//       attempt: PATCH
	// 204 No Content
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }
