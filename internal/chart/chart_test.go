package chart

import (
	"encoding/xml"
	"io"
	"math"
	"strings"
	"testing"
)

func TestBar(t *testing.T) {
	for _, c := range []struct {
		used, limit float64
		want        string
	}{
		{5, 20, `fill normal" width="25.00"`},
		{16, 20, `fill raised" width="80.00"`},
		{20, 20, `fill high" width="100.00"`},
		{30, 20, `fill high" width="100.00"`},
		{5, 0, `fill normal" width="0.00"`},
		{-5, 20, `fill normal" width="0.00"`},
		{math.NaN(), 20, `fill normal" width="0.00"`},
		{math.Inf(1), 20, `fill high" width="100.00"`},
	} {
		got := Bar(c.used, c.limit)
		if !strings.Contains(got, c.want) {
			t.Errorf("Bar(%v, %v) = %s, want %s in it", c.used, c.limit, got, c.want)
		}
		wellFormed(t, got)
	}
}

func TestSpark(t *testing.T) {
	got := Spark([]float64{0, 10, 5}, []float64{0, 1, 0, 7})
	for _, want := range []string{
		`d="M0.0 80.0L300.0 12.0L600.0 46.0"`, // the highest value touches the top
		`<path class="mark" d="M300.0 0V8"/>`,
		`aria-label="at most 10"`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s has no %s", got, want)
		}
	}
	if n := strings.Count(got, "mark"); n != 1 {
		t.Errorf("%d marks, want 1: one is past the values", n)
	}
	for _, values := range [][]float64{nil, {1}, {math.NaN(), math.Inf(1), math.Inf(-1), -1}, {0, 0}, {1e300, 1}} {
		s := Spark(values, nil)
		wellFormed(t, s)
		if strings.Contains(s, "NaN") || strings.Contains(s, "Inf") {
			t.Errorf("Spark(%v) = %s", values, s)
		}
	}
}

func wellFormed(t *testing.T, s string) {
	t.Helper()
	for d := xml.NewDecoder(strings.NewReader(s)); ; {
		if _, err := d.Token(); err == io.EOF {
			return
		} else if err != nil {
			t.Fatalf("%v: %s", err, s)
		}
	}
}
