package dedupe_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/goodtenant/goodtenant/dedupe"
)

// platform answers a search for any e-mail address with one contact.
type platform struct{}

func (platform) RoundTrip(req *http.Request) (*http.Response, error) {
	rows := `{"_embedded":[{"id":"C1","email":"ann@example.test","forename":"Ann"}],"totalCount":1}`
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(rows)), Request: req}, nil
}

func ExampleNewTransport() {
	tr, err := dedupe.NewTransport(platform{}, dedupe.Config{
		Unique: []dedupe.Rule{{
			Name: "contacts", Path: "/contacts", Identify: []string{"/forename"},
			Keys: []dedupe.Key{{Name: "e-mail", Kind: dedupe.EmailAddress, From: []string{"/email"}, Param: "email"}},
		}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	client := &http.Client{Transport: tr}
	_, err = client.Post("https://api.example.test/contacts", "application/json",
		strings.NewReader(`{"email":"Ann@Example.test","forename":"Anna"}`))
	if dup, ok := errors.AsType[*dedupe.DuplicateError](err); ok {
		fmt.Println(dup.Existing[0].URL, "differs in", dup.Existing[0].Differs)
	}
	// Output: https://api.example.test/contacts/C1 differs in [/forename]
}

func ExampleAllowDuplicate() {
	tr, err := dedupe.NewTransport(platform{}, dedupe.Config{
		Unique: []dedupe.Rule{{
			Name: "contacts", Path: "/contacts",
			Keys: []dedupe.Key{{Name: "e-mail", Kind: dedupe.EmailAddress, From: []string{"/email"}, Param: "email"}},
		}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	client := &http.Client{Transport: tr}
	create := func(ctx context.Context) {
		req, _ := http.NewRequestWithContext(ctx, "POST", "https://api.example.test/contacts", strings.NewReader(`{"email":"ann@example.test"}`))
		resp, err := client.Do(req)
		if err != nil {
			fmt.Println("refused")
			return
		}
		resp.Body.Close()
		fmt.Println("sent")
	}
	create(context.Background())
	create(dedupe.AllowDuplicate(context.Background())) // the user has said: another person, the same mailbox
	// Output:
	// refused
	// sent
}
