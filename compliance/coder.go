package compliance

import (
	"encoding/binary"
	"errors"
	"math"
	"unsafe"
)

// coder writes or reads a snapshot: one function a type says what is in it, for
// both ways. Reading is safe against any bytes: lengths are bounded, and the
// first error stays.
type coder struct {
	reading bool
	b       []byte // what was written, or what is left to read
	made    int    // bytes of memory for what was read
	err     error
}

// maxMade bounds what the snapshots of one reading may become in memory, together.
const maxMade = 256 << 20

// making accounts for memory that reading is about to take.
func (c *coder) making(bytes int) bool {
	if c.made += bytes; c.made > maxMade {
		c.fail()
		return false
	}
	return true
}

var errSnapshot = errors.New("compliance: snapshot is damaged")

func (c *coder) fail() {
	if c.err == nil {
		c.err = errSnapshot
	}
	c.b = nil
}

func (c *coder) u64(v *uint64) {
	if !c.reading {
		c.b = binary.AppendUvarint(c.b, *v)
		return
	}
	n, size := binary.Uvarint(c.b)
	if size <= 0 {
		c.fail()
		*v = 0
		return
	}
	*v, c.b = n, c.b[size:]
}

// number codes any unsigned value; one that does not fit is damage.
func number32[T ~uint8 | ~uint16 | ~uint32](c *coder, v *T) {
	n := uint64(*v)
	c.u64(&n)
	if uint64(T(n)) != n {
		c.fail()
		n = 0
	}
	*v = T(n)
}

func (c *coder) int(v *int64) {
	n := uint64(*v)
	c.u64(&n)
	*v = int64(n)
}

func (c *coder) bool(v *bool) {
	var n uint64
	if *v {
		n = 1
	}
	c.u64(&n)
	*v = n == 1
}

func (c *coder) float(v *float64) {
	n := math.Float64bits(*v)
	c.u64(&n)
	*v = math.Float64frombits(n)
	if math.IsNaN(*v) || math.IsInf(*v, 0) {
		c.fail()
		*v = 0
	}
}

// length codes how many follow, at most max.
func (c *coder) length(n, max int) int {
	v := uint64(n)
	c.u64(&v)
	// Each thing that follows takes a byte at least.
	if c.reading && (v > uint64(max) || v > uint64(len(c.b))) {
		c.fail()
		return 0
	}
	return int(v)
}

// list codes a slice of at most max elements.
func list[T any](c *coder, v *[]T, max int, code func(*coder, *T)) {
	n := c.length(len(*v), max)
	if c.reading {
		*v = nil
		var one T
		if n == 0 || !c.making(n*int(unsafe.Sizeof(one))) {
			return
		}
		*v = make([]T, n)
	}
	for i := range n {
		code(c, &(*v)[i])
	}
}

func (c *coder) bytes(v *[]byte, max int) {
	n := c.length(len(*v), max)
	if c.reading {
		*v, c.b = append([]byte(nil), c.b[:n]...), c.b[n:]
		return
	}
	c.b = append(c.b, *v...)
}
