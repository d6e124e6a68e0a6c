package rttest

import (
	"net/http"
	"testing"
)

// The control: http.Transport itself, with nothing around it.
func TestTransportKeepsItsOwnContract(t *testing.T) {
	Run(t, func(base http.RoundTripper) http.RoundTripper { return base }, Options{})
}

func TestARightWrapperPasses(t *testing.T) {
	for _, limit := range []int{1, 5} {
		Run(t, newRight(limit), Options{Retries: true, Limit: limit, NilBase: true})
	}
}

func TestOneRightCoalescerPasses(t *testing.T) {
	Run(t, newSharing, Options{Dedupes: true})
}
