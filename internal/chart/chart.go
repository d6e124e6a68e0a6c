// Package chart draws small charts as SVG, for pages that run no script and load
// nothing. Colours come from the page: shapes have classes and no style. What is
// drawn is numbers only, so that no text of anybody's ends up in a drawing.
package chart

import (
	"fmt"
	"math"
	"strings"
)

// Level is how full something is.
func Level(used, limit float64) string {
	switch share := fraction(used, limit); {
	case share >= .95:
		return "high"
	case share >= .8:
		return "raised"
	}
	return "normal"
}

// Bar is used of limit as a bar of full width. Its fill has the class that Level
// gives. A limit of 0 is an empty bar.
func Bar(used, limit float64) string {
	share := fraction(used, limit) * 100
	return fmt.Sprintf(`<svg class="bar" viewBox="0 0 100 6" preserveAspectRatio="none" role="img" aria-label="%.0f %%"><rect class="track" width="100" height="6"/><rect class="fill %s" width="%.2f" height="6"/></svg>`,
		share, Level(used, limit), share)
}

func fraction(used, limit float64) float64 {
	if limit <= 0 || math.IsNaN(used) || math.IsNaN(limit) {
		return 0
	}
	return min(1, max(0, used/limit))
}

// Spark is a series as a line over an area, the oldest value at the left, with a
// tick on top wherever marks is above zero. Values below zero, and what is no
// number, are drawn as zero. A series of fewer than two values is a flat line.
func Spark(values, marks []float64) string {
	const width, height, top = 600.0, 80.0, 12.0
	if len(values) < 2 {
		values = []float64{0, 0}
	}
	highest := 1.0
	for _, v := range values {
		highest = max(highest, number(v))
	}
	x := func(i int) float64 { return width * float64(i) / float64(len(values)-1) }
	var line strings.Builder
	for i, v := range values {
		if i > 0 {
			line.WriteByte('L')
		}
		fmt.Fprintf(&line, "%.1f %.1f", x(i), height-(height-top)*number(v)/highest)
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="spark" viewBox="0 0 %.0f %.0f" preserveAspectRatio="none" role="img" aria-label="at most %.0f">`, width, height, highest)
	fmt.Fprintf(&b, `<path class="area" d="M0 %.0fL%sL%.0f %.0fZ"/>`, height, line.String(), width, height)
	fmt.Fprintf(&b, `<path class="line" d="M%s"/>`, line.String())
	for i, m := range marks {
		if i < len(values) && number(m) > 0 {
			fmt.Fprintf(&b, `<path class="mark" d="M%.1f 0V%.0f"/>`, x(i), top-4)
		}
	}
	b.WriteString(`</svg>`)
	return b.String()
}

func number(v float64) float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) || v < 0 {
		return 0
	}
	return v
}
