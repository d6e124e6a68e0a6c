package compliance_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/goodtenant/goodtenant/compliance"
)

// A checker around an app's client, with both views; other layers go between them.
func ExampleChecker_Intent() {
	checker, err := compliance.New(compliance.Config{
		OnFinding: func(f compliance.Finding) { fmt.Println(f.Severity, f.Rule, f.Message) },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer checker.Close()
	client := &http.Client{Transport: checker.Intent(checker.Wire(http.DefaultTransport))}
	ctx := compliance.WithInitiator(context.Background(), compliance.User, "user 17")
	req, _ := http.NewRequestWithContext(ctx, http.MethodGet, "https://api.example.test/appointments/", nil)
	_, _ = client, req // client.Do(req)
	// Output:
}

// Events of a recording are judged after the fact.
func ExampleCheck() {
	start := time.Date(2026, 11, 2, 10, 0, 0, 0, time.UTC)
	events := func(yield func(compliance.Event, error) bool) {
		for page := range 12 {
			e := compliance.Event{
				Time: start.Add(time.Duration(page) * time.Second), Method: "GET", Status: 200, Tenant: "DEMO", Stream: "export job",
				URL:    fmt.Sprintf("https://api.example.test/contacts/?pageSize=100&pageNumber=%d", page+1),
				Answer: &compliance.Answer{Rows: 100, Total: 2000},
			}
			if !yield(e, nil) {
				return
			}
		}
	}
	report, err := compliance.Check(events, compliance.Config{})
	if err != nil {
		fmt.Println(err)
	}
	for _, f := range report.Findings {
		fmt.Println(f.Severity, f.Rule, f.Message)
		fmt.Println(f.Remedy)
	}
	for _, m := range report.Missing {
		fmt.Println(strings.SplitN(m, ":", 2)[0])
	}
	// Output:
	// error GT101 page sweep: 1200 rows of one query in 6 h (threshold 1000)
	// Ask for what a user or an event needs, when it is needed: filter, page on demand, subscribe to webhooks.
	// no ids in the answers
}

// A purpose declares what would look like a schedule, within bounds.
func ExampleWithPurpose() {
	checker, err := compliance.New(compliance.Config{Purposes: []compliance.Purpose{{
		Name: "website-feed", Routes: []string{"properties"}, Query: []string{"internetAdvertising"},
		Every: time.Hour, From: 7, To: 19, Owner: "web team",
	}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer checker.Close()
	ctx := compliance.WithPurpose(context.Background(), "website-feed")
	_ = ctx // for the feed's requests

	_, err = compliance.New(compliance.Config{Purposes: []compliance.Purpose{{Name: "crm-copy", Routes: []string{"contacts"}}}})
	fmt.Println(err)
	// Output:
	// compliance: Config.Purposes[0].Approved is "", want the platform's reference, since "contacts" holds contacts
}
