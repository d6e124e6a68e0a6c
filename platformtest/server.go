package platformtest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"

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

	cfg      Config
	judge    *judge
	data     *data
	tokens   tokens
	controls controls
	cert     *x509.Certificate // nil without TLS
	trust    *x509.CertPool

	listener *listener
	memory   *memnet.Network // nil on loopback
	http     *http.Server
	serving  chan struct{} // closed when Serve has returned
	done     chan struct{} // closed by Close: whoever sleeps wakes up
	handlers sync.WaitGroup

	mu         sync.Mutex
	closed     bool
	transports []*http.Transport
}

// The host names of an in-memory server.
const (
	apiName   = "platform.test"
	tokenName = "connect.test"
)

// NewServer starts a server. Like httptest's, it panics when it cannot: a
// Config that makes no sense (the message names the field and its value), or no
// loopback port.
func NewServer(c Config) *Server {
	c = c.WithDefaults()
	if err := c.validate(); err != nil {
		panic(err)
	}
	s := &Server{
		cfg: c, judge: newJudge(c), data: newData(c),
		serving: make(chan struct{}), done: make(chan struct{}),
	}
	s.http = &http.Server{
		Handler:   s,
		ErrorLog:  log.New(io.Discard, "", 0),
		Protocols: c.protocols(),
		HTTP2:     &http.HTTP2Config{MaxConcurrentStreams: c.MaxStreams},
	}
	if c.TLS {
		cert, pool, err := memnet.Certificate(apiName, tokenName)
		if err != nil {
			panic("platformtest: no certificate: " + err.Error())
		}
		s.cert, s.trust = cert.Leaf, pool
		s.http.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}}
	}
	s.listen()
	go s.serve()
	return s
}

func (c Config) protocols() *http.Protocols {
	p := new(http.Protocols)
	p.SetHTTP1(true)
	p.SetHTTP2(c.HTTP2)
	return p
}

func (s *Server) listen() {
	scheme, api, token := "http://", apiName, tokenName
	var l net.Listener
	if s.cfg.InMemory {
		s.memory = &memnet.Network{Up: s.cfg.Up, Down: s.cfg.Down, Dial: s.cfg.Dial}
		l = s.memory.Listen("")
	} else {
		tcp, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			panic("platformtest: no loopback port: " + err.Error())
		}
		l = tcp
		_, port, _ := net.SplitHostPort(tcp.Addr().String())
		api, token = "127.0.0.1:"+port, "localhost:"+port
	}
	if s.cfg.TLS {
		scheme = "https://"
	}
	s.URL, s.TokenURL = scheme+api, scheme+token+"/token"
	s.tokens.host = token
	s.listener = &listener{Listener: l, judge: s.judge, record: s.cfg.Wire, open: map[net.Conn]struct{}{}}
}

func (s *Server) serve() {
	defer close(s.serving)
	if s.cfg.TLS {
		s.http.ServeTLS(s.listener, "", "")
	} else {
		s.http.Serve(s.listener)
	}
}

// Client returns a client whose Transport is s.Transport(): it dials the server
// whatever host is asked.
func (s *Server) Client() *http.Client { return &http.Client{Transport: s.Transport()} }

// Transport returns a new *http.Transport that dials the server whatever host
// is asked, so that a client can use the platform's real URLs. Close closes its
// idle connections.
func (s *Server) Transport() *http.Transport {
	t := &http.Transport{
		DialContext:         s.dial,
		Protocols:           s.cfg.protocols(),
		MaxIdleConnsPerHost: 100,
		IdleConnTimeout:     90 * time.Second,
	}
	if s.cert != nil {
		t.TLSClientConfig = &tls.Config{RootCAs: s.trust, ServerName: apiName} // whatever host was asked
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.transports = append(s.transports, t)
	return t
}

func (s *Server) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	if s.memory != nil {
		return s.memory.DialContext(ctx, network, addr)
	}
	var d net.Dialer
	return d.DialContext(ctx, "tcp", s.listener.Addr().String())
}

// Certificate is what a client of its own must trust; nil without TLS.
func (s *Server) Certificate() *x509.Certificate { return s.cert }

// Wire returns every byte received so far, by connection in the order in which
// they were accepted; see Config.Wire.
func (s *Server) Wire() [][]byte { return s.listener.received() }

// Cut closes every connection at once, as a failing network does.
func (s *Server) Cut() { s.listener.cut() }

// Close stops the server: calls in flight are cut off, their handlers are
// waited for, and no goroutine is left. A Control must let its handler return.
func (s *Server) Close() {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return
	}
	s.closed = true
	transports := s.transports
	s.mu.Unlock()

	close(s.done)
	s.http.Close()
	<-s.serving
	s.listener.cut() // what was accepted while the server closed, and hijacked connections
	s.handlers.Wait()
	for _, t := range transports {
		t.CloseIdleConnections()
	}
	if s.memory != nil {
		s.memory.Close() // what is still on its way is not waited for
	}
}

// enter counts a handler that Close waits for.
func (s *Server) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.handlers.Add(1)
	return true
}

// sleep holds a handler for d, whatever its client does. When the server closes
// meanwhile the call is cut off.
func (s *Server) sleep(d time.Duration) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-s.done:
		panic(http.ErrAbortHandler)
	}
}
