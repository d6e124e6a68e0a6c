// Package memnet is a network inside the process, for servers and clients that
// must run inside a testing/synctest bubble: nothing in it waits on anything but
// memory and time, so virtual time moves whenever all are waiting.
package memnet

import (
	"context"
	"fmt"
	"net"
	"sync"
	"time"
)

// Network connects listeners and dialers by host name. Its zero value has no
// delay. Up, Down and Dial, when set before use, give the delay of one write
// from client to server, of one from server to client, and of one dial; a
// connection keeps its order, as TCP does.
type Network struct {
	Up, Down, Dial func() time.Duration

	mu        sync.Mutex
	listeners map[string]*Listener
	conns     map[*conn]struct{}
	dials     int
	closed    chan struct{} // made by the first Listen
}

// Listen answers dials to host, whatever the port; "" answers for every host
// without a listener of its own.
func (n *Network) Listen(host string) *Listener {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.listeners == nil {
		n.listeners, n.conns, n.closed = map[string]*Listener{}, map[*conn]struct{}{}, make(chan struct{})
	}
	l := &Listener{net: n, host: host, accept: make(chan net.Conn), done: make(chan struct{})}
	n.listeners[host] = l
	return l
}

// Dials counts the connections made so far.
func (n *Network) Dials() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.dials
}

// DialContext serves as an http.Transport's DialContext.
func (n *Network) DialContext(ctx context.Context, _, addr string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	if n.Dial != nil {
		if err := n.sleep(ctx, n.Dial()); err != nil {
			return nil, err
		}
	}
	n.mu.Lock()
	l := n.listeners[host]
	if l == nil {
		l = n.listeners[""]
	}
	n.mu.Unlock()
	if l == nil {
		return nil, fmt.Errorf("memnet: nobody listens at %s", addr)
	}
	up, down := newPipe(n.Up), newPipe(n.Down)
	client := &conn{net: n, r: down, w: up, local: address("client"), remote: address(addr)}
	server := &conn{net: n, r: up, w: down, local: address(addr), remote: address("client")}
	// Known before it is accepted: a Cut at that moment cuts it too.
	n.mu.Lock()
	n.conns[client] = struct{}{}
	n.conns[server] = struct{}{}
	n.mu.Unlock()
	select {
	case l.accept <- server:
	case <-n.closed:
		err = net.ErrClosed
	case <-l.done:
		err = fmt.Errorf("memnet: %s is closed", addr)
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		client.Close()
		server.Close()
		return nil, err
	}
	n.mu.Lock()
	n.dials++
	n.mu.Unlock()
	return client, nil
}

// Close cuts every connection and ends every dial under way, so that nothing of
// the network waits for time to pass: for the end of a bubble.
func (n *Network) Close() {
	n.mu.Lock()
	if n.closed != nil {
		select {
		case <-n.closed:
		default:
			close(n.closed)
		}
	}
	n.listeners = nil
	n.mu.Unlock()
	n.Cut()
}

// Cut closes every connection, as a failing network does.
func (n *Network) Cut() {
	n.mu.Lock()
	all := make([]*conn, 0, len(n.conns))
	for c := range n.conns {
		all = append(all, c)
	}
	n.mu.Unlock()
	for _, c := range all {
		c.Close()
	}
}

func (n *Network) sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	n.mu.Lock()
	closed := n.closed
	n.mu.Unlock()
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-closed:
		return net.ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Listener is a net.Listener in memory.
type Listener struct {
	net    *Network
	host   string
	accept chan net.Conn
	done   chan struct{}
	once   sync.Once
}

// Accept waits for the next dial.
func (l *Listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.accept:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

// Close refuses further dials.
func (l *Listener) Close() error {
	l.once.Do(func() {
		close(l.done)
		l.net.mu.Lock()
		delete(l.net.listeners, l.host)
		l.net.mu.Unlock()
	})
	return nil
}

// Addr names the host that the listener answers for.
func (l *Listener) Addr() net.Addr { return address(l.host) }

type address string

func (address) Network() string  { return "mem" }
func (a address) String() string { return string(a) }
