package status

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/goodtenant/goodtenant"
)

// defaultAddr is where ListenAndServe listens by default: for this machine only.
const defaultAddr = "127.0.0.1:6060"

// ListenAndServe serves t's page until it fails. An addr without a host, such as
// ":6060", is for this machine only, unlike that of http.ListenAndServe; "" is
// 127.0.0.1:6060. To be seen by others, name a host, such as "0.0.0.0:6060", and
// put a login in front.
//
// Asked for under another name than an address of this machine or "localhost", a
// page for this machine is refused: a web site that points its own name here
// reads nothing.
func ListenAndServe(addr string, t *goodtenant.Transport, opts ...Option) error {
	l, err := listen(addr)
	if err != nil {
		return err
	}
	return newServer(l.Addr(), Handler(t, opts...)).Serve(l)
}

func listen(addr string) (net.Listener, error) {
	if addr == "" {
		addr = defaultAddr
	}
	if strings.HasPrefix(addr, ":") {
		addr = "127.0.0.1" + addr
	}
	return net.Listen("tcp", addr)
}

func newServer(at net.Addr, h http.Handler) *http.Server {
	if tcp, ok := at.(*net.TCPAddr); ok && tcp.IP.IsLoopback() {
		h = localOnly(h)
	}
	return &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, WriteTimeout: 10 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10}
}

// localOnly refuses requests for another host than this machine.
func localOnly(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isLocal(r.Host) {
			http.Error(w, "this page is for this machine only", http.StatusMisdirectedRequest)
			return
		}
		h.ServeHTTP(w, r)
	})
}

func isLocal(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.Trim(host, "[]")
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}
