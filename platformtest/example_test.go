package platformtest_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/goodtenant/goodtenant/platformtest"
)

// rename is a piece of an app: it reads a contact, and changes its surname.
func rename(c *http.Client, base, id, surname string) error {
	resp, err := c.Get(base + "/contacts/" + id)
	if err != nil {
		return err
	}
	tag := resp.Header.Get("ETag")
	io.Copy(io.Discard, resp.Body)
	resp.Body.Close()

	req, err := http.NewRequest(http.MethodPatch, base+"/contacts/"+id, strings.NewReader(`{"surname":"`+surname+`"}`))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("If-Match", tag)
	resp, err = c.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusNoContent {
		return fmt.Errorf("renaming answered %s", resp.Status)
	}
	return nil
}

func Example() {
	s := platformtest.NewServer(platformtest.Config{Seed: 1})
	defer s.Close()

	// A quick app that keeps no limit.
	for i := range 15 {
		id := fmt.Sprintf("CON%06d", i+1)
		if err := rename(s.Client(), s.URL, id, "Rush"); err != nil {
			fmt.Println(id, err)
		}
	}
	fmt.Println(len(s.Violations()), "violations, the first of them of the", s.Violations()[0].Rule)
	// Output:
	// CON000011 renaming answered 429 Too Many Requests
	// CON000012 renaming answered 429 Too Many Requests
	// CON000013 renaming answered 429 Too Many Requests
	// CON000014 renaming answered 429 Too Many Requests
	// CON000015 renaming answered 429 Too Many Requests
	// 10 violations, the first of them of the rate
}

// Another app changes the contact between this app's read and its update.
func ExampleServer_Edit() {
	s := platformtest.NewServer(platformtest.Config{})
	defer s.Close()
	s.Control(platformtest.Is(http.MethodPatch, ""), func(w http.ResponseWriter, r *http.Request) {
		s.Edit("", "contacts", "CON000001", map[string]any{"title": "Dr"})
		s.Serve(w, r)
	})
	fmt.Println(rename(s.Client(), s.URL, "CON000001", "Rush"))
	fmt.Println(rename(s.Client(), s.URL, "CON000001", "Rush"))
	// Output:
	// renaming answered 412 Precondition Failed
	// <nil>
}

// The answer to an update is lost, although it was done.
func ExampleServer_Inject() {
	s := platformtest.NewServer(platformtest.Config{})
	defer s.Close()
	s.Inject(platformtest.Is(http.MethodPatch, ""), platformtest.CutAfter)
	err := rename(s.Client(), s.URL, "CON000001", "Rush")
	fmt.Println(err != nil, strings.Contains(string(s.Entity("", "contacts", "CON000001")), `"surname":"Rush"`))
	// Output: true true
}

// An app's own test: inside a synctest bubble a minute of calls takes no time.
func ExampleConfig_inMemory() {
	testInABubble := func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := platformtest.NewServer(platformtest.Config{InMemory: true, HTTP2: true})
			defer s.Close()
			if err := rename(s.Client(), s.URL, "CON000001", "Rush"); err != nil {
				t.Error(err)
			}
			for _, v := range s.Violations() {
				t.Error(v)
			}
		})
	}
	_ = testInABubble // go test runs it as TestInABubble
}
