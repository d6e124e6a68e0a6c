package status_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/goodtenant/goodtenant"
	"github.com/goodtenant/goodtenant/profile"
	"github.com/goodtenant/goodtenant/status"
)

// The page goes on a mux of the app's own, behind its login.
func ExampleHandler() {
	transport, err := goodtenant.New(nil, goodtenant.WithGuidelines(profile.Reapit()))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer transport.Close()
	mux := http.NewServeMux()
	mux.Handle("/debug/goodtenant", status.Handler(transport))

	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest("GET", "/debug/goodtenant?format=json", nil))
	fmt.Println(w.Code, w.Header().Get("Content-Type"))
	// Output: 200 application/json
}
