package platformtest

import (
	"bytes"
	"net"
	"sync"
)

// listener counts the connections it accepts, can cut them, and keeps what
// they receive when asked to.
type listener struct {
	net.Listener
	judge  *judge
	record bool

	mu   sync.Mutex
	open map[net.Conn]struct{}
	wire []*bytes.Buffer
}

func (l *listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.judge.connection()
	l.mu.Lock()
	defer l.mu.Unlock()
	tracked := &conn{Conn: c, l: l}
	if l.record {
		tracked.wire = new(bytes.Buffer)
		l.wire = append(l.wire, tracked.wire)
	}
	l.open[tracked] = struct{}{}
	return tracked, nil
}

func (l *listener) cut() {
	l.mu.Lock()
	open := l.open
	l.open = map[net.Conn]struct{}{}
	l.mu.Unlock()
	for c := range open {
		c.Close()
	}
}

func (l *listener) received() [][]byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make([][]byte, len(l.wire))
	for i, b := range l.wire {
		out[i] = bytes.Clone(b.Bytes())
	}
	return out
}

type conn struct {
	net.Conn
	l    *listener
	wire *bytes.Buffer // guarded by l.mu
}

func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if c.wire != nil && n > 0 {
		c.l.mu.Lock()
		c.wire.Write(p[:n])
		c.l.mu.Unlock()
	}
	return n, err
}

func (c *conn) Close() error {
	c.l.mu.Lock()
	delete(c.l.open, c)
	c.l.mu.Unlock()
	return c.Conn.Close()
}
