package rttest

import (
	"net/http"
	"testing"
)

// The control: http.Transport itself, with nothing around it.
func TestTransportKeepsItsOwnContract(t *testing.T) {
	Run(t, func(base http.RoundTripper) http.RoundTripper { return base }, Options{})
}
