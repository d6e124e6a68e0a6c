package conflict_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/goodtenant/goodtenant/conflict"
)

// contact is a platform with one contact in it, at version 2 since somebody else
// has changed the phone.
func contact() *httptest.Server {
	entity, version := map[string]string{"forename": "Ann", "phone": "1", "notes": ""}, 1
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tag := fmt.Sprintf(`"%d"`, version)
		if r.Method == "GET" {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("ETag", tag)
			json.NewEncoder(w).Encode(entity)
			if version == 1 {
				entity["phone"], version = "2", 2 // another app, right after our read
			}
			return
		}
		body, _ := io.ReadAll(r.Body)
		fmt.Printf("the platform gets %s for version %s\n", body, r.Header.Get("If-Match"))
		if r.Header.Get("If-Match") != tag {
			w.WriteHeader(http.StatusPreconditionFailed)
			return
		}
		json.Unmarshal(body, &entity)
		version++
		w.WriteHeader(http.StatusNoContent)
	}))
}

func Example() {
	platform := contact()
	defer platform.Close()
	layer, err := conflict.NewTransport(nil, conflict.Config{})
	if err != nil {
		panic(err)
	}
	client := &http.Client{Transport: layer}

	// The app as it always was: read, change, write the whole back.
	resp, _ := client.Get(platform.URL)
	var c map[string]string
	json.NewDecoder(resp.Body).Decode(&c)
	resp.Body.Close()
	c["forename"] = "Anna"
	body, _ := json.Marshal(c)
	req, _ := http.NewRequest("PATCH", platform.URL, strings.NewReader(string(body)))
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("If-Match", resp.Header.Get("ETag"))
	resp, err = client.Do(req)
	if err != nil {
		panic(err)
	}
	resp.Body.Close()
	out, _ := conflict.Details(resp)
	fmt.Println(resp.StatusCode, out.Reason, "after", out.Attempts, "attempts")
	// Output:
	// the platform gets {"forename":"Anna"} for version "1"
	// the platform gets {"forename":"Anna"} for version "2"
	// 204 replayed after 2 attempts
}

func ExamplePrune() {
	base := `{"price":250000.00,"ref":9007199254740993,"city":"Wells"}`
	body := `{"city":"Frome","price":2.5e5,"ref":9007199254740993}`
	out, changed, err := conflict.Prune([]byte(base), []byte(body), conflict.PruneOptions{})
	fmt.Println(string(out), changed, err)
	// Output: {"city":"Frome"} true <nil>
}

func ExampleUpdate() {
	platform := contact()
	defer platform.Close()
	req, _ := http.NewRequest("GET", platform.URL, nil)
	resp, err := conflict.Update(http.DefaultClient, req, func(entity json.RawMessage) (any, error) {
		var c struct{ Notes string }
		if err := json.Unmarshal(entity, &c); err != nil {
			return nil, err
		}
		return map[string]string{"notes": c.Notes + "+"}, nil
	})
	if err != nil {
		panic(err)
	}
	resp.Body.Close()
	fmt.Println(resp.StatusCode)
	// Output:
	// the platform gets {"notes":"+"} for version "1"
	// the platform gets {"notes":"+"} for version "2"
	// 204
}
