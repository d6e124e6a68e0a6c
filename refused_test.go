package goodtenant_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goodtenant/goodtenant"
	"github.com/goodtenant/goodtenant/internal/memnet"
	"github.com/goodtenant/goodtenant/profile"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// moody is a server of HTTP/2 frames that refuses streams and goes away, which
// net/http's server cannot be asked for. Every stream that is opened is an
// arrival.
type moody struct {
	refuseEvery, goAwayEvery int
	service                  time.Duration

	mu       sync.Mutex
	arrivals []time.Time
	inFlight map[string]int // by customer
	peak     int
	refused  int
	ignored  int // opened beyond what a GOAWAY admits
	away     int
}

func (s *moody) serve(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go s.connection(c)
	}
}

func (s *moody) connection(c net.Conn) {
	defer c.Close()
	preface := make([]byte, len(http2.ClientPreface))
	if _, err := io.ReadFull(c, preface); err != nil {
		return
	}
	var writing sync.Mutex
	f := http2.NewFramer(c, c)
	f.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	write := func(do func()) { writing.Lock(); defer writing.Unlock(); do() }
	write(func() { f.WriteSettings() })
	var last uint32 // the highest stream that is worked on once we go away; 0: any
	for {
		frame, err := f.ReadFrame()
		if err != nil {
			return
		}
		switch frame := frame.(type) {
		case *http2.SettingsFrame:
			if !frame.IsAck() {
				write(func() { f.WriteSettingsAck() })
			}
		case *http2.PingFrame:
			write(func() { f.WritePing(true, frame.Data) })
		case *http2.MetaHeadersFrame:
			var customer string
			for _, h := range frame.Fields {
				if h.Name == "reapit-customer" {
					customer = h.Value
				}
			}
			id := frame.StreamID
			refuse, goAway := s.arrived(customer, last != 0 && id > last)
			switch {
			case last != 0 && id > last: // never seen, says the GOAWAY
			case refuse:
				write(func() { f.WriteRSTStream(id, http2.ErrCodeRefusedStream) })
			default:
				go func() {
					time.Sleep(s.service)
					s.done(customer)
					var b bytes.Buffer
					hpack.NewEncoder(&b).WriteField(hpack.HeaderField{Name: ":status", Value: "204"})
					write(func() {
						f.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: b.Bytes(), EndHeaders: true, EndStream: true})
					})
				}()
			}
			if goAway && last == 0 {
				last = id
				// The GOAWAY takes a while to arrive: streams opened meanwhile are
				// never worked on, and are opened again elsewhere.
				time.AfterFunc(120*time.Millisecond, func() { write(func() { f.WriteGoAway(id, http2.ErrCodeNo, nil) }) })
			}
		}
	}
}

func (s *moody) arrived(customer string, ignored bool) (refuse, goAway bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.arrivals = append(s.arrivals, time.Now())
	n := len(s.arrivals)
	if ignored {
		s.ignored++
		return false, false
	}
	goAway = s.goAwayEvery > 0 && n%s.goAwayEvery == 0
	if goAway {
		s.away++
	}
	if refuse = s.refuseEvery > 0 && n%s.refuseEvery == 0; refuse {
		s.refused++
		return refuse, goAway
	}
	if s.inFlight == nil {
		s.inFlight = map[string]int{}
	}
	s.inFlight[customer]++
	s.peak = max(s.peak, s.inFlight[customer])
	return refuse, goAway
}

func (s *moody) done(customer string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inFlight[customer]--
}

// worst is the most arrivals in any second.
func (s *moody) worst() (most int) {
	at := slices.Clone(s.arrivals)
	first := 0
	for i, t := range at {
		for t.Sub(at[first]) >= time.Second {
			first++
		}
		most = max(most, i-first+1)
	}
	return most
}

// storm reads from 25 goroutines for 10 customers and tells what failed.
func storm(rt http.RoundTripper, n int) (failed int64) {
	var wg sync.WaitGroup
	var next, bad atomic.Int64
	for i := range 25 {
		wg.Go(func() {
			for next.Add(1) <= int64(n) {
				req, _ := http.NewRequest("GET", fmt.Sprintf("http://platform.test/contacts/%d", next.Load()), nil)
				req.Header.Set("reapit-customer", fmt.Sprintf("C%02d", i%10))
				req.Header.Set("Authorization", fmt.Sprint("Bearer ", i))
				resp, err := rt.RoundTrip(req)
				if err != nil {
					bad.Add(1)
					continue
				}
				resp.Body.Close()
			}
		})
	}
	wg.Wait()
	return bad.Load()
}

// net/http opens a stream that was refused, or that a GOAWAY left out, again by
// itself: the platform counts each, and so does the limiter.
func TestRefusedStreamsAndGoAwaysAreCounted(t *testing.T) {
	n := counted(600, 6000)
	for name, s := range map[string]*moody{
		"REFUSED_STREAM on every 20th": {refuseEvery: 20},
		"GOAWAY every 50":              {goAwayEvery: 50},
		"both":                         {refuseEvery: 20, goAwayEvery: 50},
	} {
		run := func(t *testing.T, s *moody, wrap func(http.RoundTripper) http.RoundTripper) (failed int64) {
			s.service = 80 * time.Millisecond
			synctest.Test(t, func(t *testing.T) {
				network := &memnet.Network{}
				l := network.Listen("platform.test")
				go s.serve(l)
				defer network.Close()
				defer l.Close()
				var p http.Protocols
				p.SetUnencryptedHTTP2(true)
				base := &http.Transport{DialContext: network.DialContext, Protocols: &p}
				rt := wrap(base)
				failed = storm(rt, n)
				if c, ok := rt.(io.Closer); ok {
					if err := c.Close(); err != nil {
						t.Error(err)
					}
				}
				base.CloseIdleConnections()
			})
			return failed
		}
		t.Run(name, func(t *testing.T) {
			failed := run(t, s, func(base http.RoundTripper) http.RoundTripper {
				tr, err := goodtenant.New(base, goodtenant.WithGuidelines(profile.Reapit().At("platform.test")))
				if err != nil {
					t.Fatal(err)
				}
				return tr
			})
			t.Logf("%d arrivals, %d refused, %d GOAWAYs, %d streams ignored; %d in the worst second, %d in flight", len(s.arrivals), s.refused, s.away, s.ignored, s.worst(), s.peak)
			if failed > 0 || s.worst() > 20 || s.peak > 5 || s.refused+s.away < n/60 || s.goAwayEvery > 0 && s.ignored == 0 {
				t.Errorf("%d failed, %d in the worst second, %d in flight", failed, s.worst(), s.peak)
			}
			if len(s.arrivals) != n+s.refused+s.ignored {
				t.Errorf("%d arrivals for %d calls, %d refused and %d ignored", len(s.arrivals), n, s.refused, s.ignored)
			}
			// The check sees a client that paces its calls, blind to the re-sends.
			blind := &moody{refuseEvery: s.refuseEvery, goAwayEvery: s.goAwayEvery}
			if run(t, blind, paced); blind.worst() <= 20 {
				t.Errorf("a blind client is not caught: %d in the worst second", blind.worst())
			}
		})
	}
}

// paced sends a call every 50 ms.
func paced(base http.RoundTripper) http.RoundTripper {
	var mu sync.Mutex
	var next time.Time
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		mu.Lock()
		now := time.Now()
		if next.Before(now) {
			next = now
		}
		wait := next.Sub(now)
		next = next.Add(50 * time.Millisecond)
		mu.Unlock()
		time.Sleep(wait)
		return base.RoundTrip(r)
	})
}
