package body

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
)

type counted struct {
	io.Reader
	closes atomic.Int32
}

func (c *counted) Close() error { c.closes.Add(1); return nil }

func request(t *testing.T, r io.Reader, get bool) (*http.Request, *counted) {
	t.Helper()
	b, _ := io.ReadAll(r)
	c := &counted{Reader: iotest.OneByteReader(bytes.NewReader(b))}
	req, err := http.NewRequest("POST", "http://x.test", c)
	if err != nil {
		t.Fatal(err)
	}
	if get {
		req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }
	}
	return req, c
}

func TestSourceGivesTheSameBodyAgain(t *testing.T) {
	const want = "hello, platform"
	for _, get := range []bool{true, false} {
		for _, firstReads := range []int{0, 5, len(want), 100} {
			req, c := request(t, strings.NewReader(want), get)
			s := NewSource(req, 100)
			first, err := s.Next()
			if err != nil {
				t.Fatal(err)
			}
			io.ReadAll(io.LimitReader(first, int64(firstReads)))
			first.Close()
			second, err := s.Next()
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(second)
			if string(got) != want || err != nil {
				t.Errorf("GetBody %v, %d read before: second attempt got %q, %v", get, firstReads, got, err)
			}
			if !get {
				if n, err := first.Read(make([]byte, 8)); n != 0 || err == nil {
					t.Errorf("the overtaken attempt still read %d bytes", n)
				}
			}
			second.Close()
			s.Finish()
			s.Finish()
			if n := c.closes.Load(); n != 1 {
				t.Errorf("GetBody %v, %d read: closed %d times", get, firstReads, n)
			}
		}
	}
}

func TestSourceAboveItsBoundIsNotReplayable(t *testing.T) {
	for _, known := range []bool{true, false} {
		req, c := request(t, strings.NewReader(strings.Repeat("x", 200)), false)
		if known {
			req.ContentLength = 200
		}
		s := NewSource(req, 100)
		if s.Replayable() == known {
			t.Errorf("length known %v: Replayable = %v before the first attempt", known, known)
		}
		rc, _ := s.Next()
		if b, err := io.ReadAll(rc); len(b) != 200 || err != nil {
			t.Errorf("first attempt read %d, %v", len(b), err)
		}
		rc.Close()
		if _, err := s.Next(); !errors.Is(err, ErrNotReplayable) || s.Replayable() {
			t.Errorf("Next = %v, want ErrNotReplayable", err)
		}
		s.Finish()
		if c.closes.Load() != 1 {
			t.Errorf("closed %d times", c.closes.Load())
		}
	}
}

func TestSourceFinishLeavesAnOpenReader(t *testing.T) {
	req, c := request(t, strings.NewReader("abc"), false)
	s := NewSource(req, 100)
	rc, _ := s.Next()
	s.Finish()
	if c.closes.Load() != 0 {
		t.Fatal("Finish cut the attempt that still sends")
	}
	if b, _ := io.ReadAll(rc); string(b) != "abc" {
		t.Errorf("read %q", b)
	}
	rc.Close()
	if c.closes.Load() != 1 {
		t.Error("not closed with its last reader")
	}
}

func TestSourceAbortFreesABlockedRead(t *testing.T) {
	pr, _ := io.Pipe()
	req, _ := http.NewRequest("POST", "http://x.test", pr)
	s := NewSource(req, 100)
	rc, _ := s.Next()
	done := make(chan error)
	go func() { _, err := rc.Read(make([]byte, 1)); done <- err }()
	s.Abort()
	if err := <-done; err == nil {
		t.Error("the blocked read ended without an error")
	}
}

func TestSourceNil(t *testing.T) {
	var s *Source
	if rc, err := s.Next(); rc != nil || err != nil || !s.Replayable() {
		t.Error("a nil Source is an empty body")
	}
	s.Finish()
	s.Abort()
	req, _ := http.NewRequest("GET", "http://x.test", http.NoBody)
	if NewSource(req, 1) != nil {
		t.Error("NoBody stays NoBody")
	}
}

func TestOnEndRunsOnce(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(io.ReadCloser)
		want End
	}{
		{"EOF", func(rc io.ReadCloser) { io.ReadAll(rc); rc.Close(); rc.Close() }, EOF},
		{"Close", func(rc io.ReadCloser) { rc.Close(); io.ReadAll(rc) }, Closed},
		{"error", func(rc io.ReadCloser) { rc.Read(nil); rc.Close() }, Failed},
	} {
		inner := &counted{Reader: strings.NewReader("x")}
		if c.want == Failed {
			inner.Reader = iotest.ErrReader(errors.New("reset"))
		}
		var got []End
		c.do(OnEnd(inner, func(e End) { got = append(got, e) }))
		if len(got) != 1 || got[0] != c.want {
			t.Errorf("%s: ended %v, want %v once", c.name, got, c.want)
		}
	}
	if _, ok := OnEnd(struct {
		io.ReadCloser
		io.Writer
	}{}, nil).(io.Writer); !ok {
		t.Error("a 101 body lost its Writer")
	}
}

func TestPeek(t *testing.T) {
	for _, n := range []int{0, 1, 9, 10, 11, 1000} {
		c := &counted{Reader: strings.NewReader(strings.Repeat("y", n))}
		data, whole, rest, err := Peek(c, 10)
		if err != nil || whole != (n <= 10) {
			t.Fatalf("%d bytes: whole %v, %v", n, whole, err)
		}
		if whole {
			if len(data) != n || rest != nil || c.closes.Load() != 1 {
				t.Errorf("%d bytes: got %d, rest %v, closed %d", n, len(data), rest, c.closes.Load())
			}
			continue
		}
		all, _ := io.ReadAll(rest)
		rest.Close()
		if len(all) != n || c.closes.Load() != 1 {
			t.Errorf("%d bytes: replayed %d, closed %d", n, len(all), c.closes.Load())
		}
	}
}

func TestDrainIsBounded(t *testing.T) {
	c := &counted{Reader: strings.NewReader(strings.Repeat("z", DrainLimit*2))}
	if Drain(c) || c.closes.Load() != 1 {
		t.Error("Drain read past its limit, or left the body open")
	}
	if !Drain(&counted{Reader: strings.NewReader("short")}) {
		t.Error("Drain did not see the end")
	}
}

func TestFault09BodyWhoseClosePanics(t *testing.T) {
	req, _ := http.NewRequest("POST", "http://x.test", panics{})
	CloseRequest(req)
	NewSource(req, 1).Abort()
}

type panics struct{ io.Reader }

func (panics) Close() error { panic("no") }
