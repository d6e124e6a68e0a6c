package memnet

import (
	"context"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/nettest"
)

func TestConn(t *testing.T) {
	nettest.TestConn(t, func() (c1, c2 net.Conn, stop func(), err error) {
		n := &Network{}
		l := n.Listen("")
		got := make(chan net.Conn, 1)
		go func() { c, _ := l.Accept(); got <- c }()
		c1, err = n.DialContext(context.Background(), "tcp", "x:80")
		c2 = <-got
		return c1, c2, func() { c1.Close(); c2.Close(); l.Close() }, err
	})
}

func TestDelaysAreVirtualAndInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &Network{
			Up:   func() time.Duration { return time.Second },
			Down: func() time.Duration { return 2 * time.Second },
			Dial: func() time.Duration { return 4 * time.Second },
		}
		l := n.Listen("api.test")
		srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "hi") })}
		go srv.Serve(l)
		tr := &http.Transport{DialContext: n.DialContext}
		start := time.Now()
		resp, err := (&http.Client{Transport: tr}).Get("http://api.test/")
		if err != nil {
			t.Fatal(err)
		}
		io.ReadAll(resp.Body)
		resp.Body.Close()
		if got := time.Since(start); got != 7*time.Second {
			t.Errorf("dial, up and down took %v, want 7s", got)
		}
		if n.Dials() != 1 {
			t.Errorf("%d dials", n.Dials())
		}
		tr.CloseIdleConnections()
		srv.Close()
		n.Cut()
	})
}

// Nothing of a closed network waits for time to pass: a bubble's clock stops when
// its first goroutine ends.
func TestCloseEndsWhatIsOnItsWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := false
		n := &Network{Down: func() time.Duration { return time.Hour }, Dial: func() time.Duration {
			if slow {
				return time.Hour
			}
			return 0
		}}
		l := n.Listen("")
		go func() {
			c, _ := l.Accept()
			c.Write([]byte("late"))
			c.Close()
		}()
		c, err := n.DialContext(t.Context(), "tcp", "x:80")
		if err != nil {
			t.Fatal(err)
		}
		go c.Read(make([]byte, 8))
		slow = true
		go n.DialContext(context.Background(), "tcp", "x:80")
		synctest.Wait()
		n.Close()
		n.Close()
	})
}
