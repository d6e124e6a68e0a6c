package enum

import (
	"strings"
	"testing"
)

func TestNamesAndBack(t *testing.T) {
	type size uint8
	names := []string{"small", "large"}
	for i, want := range names {
		e := size(i)
		if got := String("x.Size", names, e); got != want {
			t.Errorf("String(%d) = %q", i, got)
		}
		b, err := Marshal("x.Size", names, e)
		if err != nil || string(b) != want {
			t.Errorf("Marshal(%d) = %q, %v", i, b, err)
		}
		back := size(99)
		if err := Parse("x.Size", names, &back, b); err != nil || back != e {
			t.Errorf("Parse(%q) = %d, %v", b, back, err)
		}
	}
	if got := String("x.Size", names, size(9)); got != "x.Size(9)" {
		t.Error(got)
	}
	if _, err := Marshal("x.Size", names, size(9)); err == nil || !strings.Contains(err.Error(), "x.Size 9") {
		t.Error(err)
	}
	e := size(1)
	if err := Parse("x.Size", names, &e, []byte("huge")); err == nil || !strings.Contains(err.Error(), `x.Size "huge"`) || e != 1 {
		t.Error(err, e)
	}
}
