package memnet

import (
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// conn is one end of a connection: it reads from one pipe and writes to another.
type conn struct {
	net           *Network
	r, w          *pipe
	local, remote net.Addr
}

func (c *conn) Read(b []byte) (int, error)  { return c.r.read(b) }
func (c *conn) Write(b []byte) (int, error) { return c.w.write(b) }

func (c *conn) Close() error {
	c.r.closeRead() // first, so that what the peer writes when it sees the end is read no more
	c.w.closeWrite()
	c.net.mu.Lock()
	delete(c.net.conns, c)
	c.net.mu.Unlock()
	return nil
}

func (c *conn) LocalAddr() net.Addr  { return c.local }
func (c *conn) RemoteAddr() net.Addr { return c.remote }

func (c *conn) SetDeadline(t time.Time) error {
	c.r.readBy.set(c.r, t)
	c.w.writeBy.set(c.w, t)
	return nil
}
func (c *conn) SetReadDeadline(t time.Time) error  { c.r.readBy.set(c.r, t); return nil }
func (c *conn) SetWriteDeadline(t time.Time) error { c.w.writeBy.set(c.w, t); return nil }

// buffered is how much one direction holds before a writer waits.
const buffered = 256 << 10

// pipe is one direction: chunks in order, each readable from its own time on.
type pipe struct {
	delay func() time.Duration

	mu              sync.Mutex
	changed         sync.Cond
	chunks          []chunk
	size            int
	last            time.Time // when the newest chunk arrives
	writeClosed     bool
	readClosed      bool
	readBy, writeBy deadline
}

type chunk struct {
	data []byte
	at   time.Time // zero: at once
}

func newPipe(delay func() time.Duration) *pipe {
	p := &pipe{delay: delay}
	p.changed.L = &p.mu
	return p
}

func (p *pipe) write(b []byte) (int, error) {
	var d time.Duration
	if p.delay != nil {
		d = p.delay()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.size > buffered && !p.readClosed && !p.writeClosed && !p.writeBy.past {
		p.changed.Wait()
	}
	switch {
	case p.writeBy.past:
		return 0, os.ErrDeadlineExceeded
	case p.writeClosed:
		return 0, net.ErrClosed
	case p.readClosed:
		return 0, io.ErrClosedPipe
	}
	c := chunk{data: append([]byte(nil), b...)}
	if p.delay != nil {
		c.at = time.Now().Add(d)
		if c.at.Before(p.last) {
			c.at = p.last
		}
		p.last = c.at
	}
	p.chunks = append(p.chunks, c)
	p.size += len(b)
	p.changed.Broadcast()
	return len(b), nil
}

func (p *pipe) read(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		switch {
		case p.readClosed:
			return 0, net.ErrClosed
		case p.readBy.past:
			return 0, os.ErrDeadlineExceeded
		case len(b) == 0:
			return 0, nil
		}
		if len(p.chunks) > 0 {
			c := &p.chunks[0]
			if wait := time.Until(c.at); c.at.IsZero() || wait <= 0 {
				n := copy(b, c.data)
				c.data = c.data[n:]
				p.size -= n
				if len(c.data) == 0 {
					p.chunks = p.chunks[1:]
				}
				p.changed.Broadcast()
				return n, nil
			} else {
				t := time.AfterFunc(wait, func() { p.mu.Lock(); p.changed.Broadcast(); p.mu.Unlock() })
				p.changed.Wait()
				t.Stop()
				continue
			}
		}
		if p.writeClosed {
			return 0, io.EOF
		}
		p.changed.Wait()
	}
}

func (p *pipe) closeWrite() {
	p.mu.Lock()
	p.writeClosed = true
	p.writeBy.stop()
	p.changed.Broadcast()
	p.mu.Unlock()
}

func (p *pipe) closeRead() {
	p.mu.Lock()
	p.readClosed = true
	p.readBy.stop()
	p.changed.Broadcast()
	p.mu.Unlock()
}

// deadline is guarded by its pipe's mutex.
type deadline struct {
	past  bool
	timer *time.Timer
	gen   int
}

func (d *deadline) set(p *pipe, t time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	d.stop()
	d.gen++
	d.past = false
	if t.IsZero() {
		p.changed.Broadcast()
		return
	}
	wait := time.Until(t)
	if wait <= 0 {
		d.past = true
		p.changed.Broadcast()
		return
	}
	gen := d.gen
	d.timer = time.AfterFunc(wait, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if d.gen == gen {
			d.past = true
			p.changed.Broadcast()
		}
	})
}

func (d *deadline) stop() {
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
}
