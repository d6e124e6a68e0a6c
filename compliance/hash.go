package compliance

import (
	"encoding/binary"
	"math/bits"
	"unsafe"
)

// hashKey keys the one hash under which ids, values and names are kept:
// SipHash-1-3 (Aumasson and Bernstein), so that a snapshot without its key tells
// nothing, and replicas with the same key agree.
type hashKey struct{ k0, k1 uint64 }

func newHashKey(b []byte) hashKey {
	return hashKey{binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])}
}

func (k hashKey) sum(s string) uint64 {
	v0, v1 := k.k0^0x736f6d6570736575, k.k1^0x646f72616e646f6d
	v2, v3 := k.k0^0x6c7967656e657261, k.k1^0x7465646279746573
	n := uint64(len(s))
	for len(s) >= 8 {
		m := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
			uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
		v3 ^= m
		v0, v1, v2, v3 = sipRound(v0, v1, v2, v3)
		v0 ^= m
		s = s[8:]
	}
	last, shift := n<<56, 0
	if len(s) >= 4 {
		last |= uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24
		s, shift = s[4:], 32
	}
	for i := range len(s) {
		last |= uint64(s[i]) << (shift + 8*i)
	}
	v3 ^= last
	v0, v1, v2, v3 = sipRound(v0, v1, v2, v3)
	v0 ^= last
	v2 ^= 0xff
	for range 3 {
		v0, v1, v2, v3 = sipRound(v0, v1, v2, v3)
	}
	return v0 ^ v1 ^ v2 ^ v3
}

// sumBytes is sum without a string in between; b is not kept.
func (k hashKey) sumBytes(b []byte) uint64 { return k.sum(unsafe.String(unsafe.SliceData(b), len(b))) }

func sipRound(v0, v1, v2, v3 uint64) (uint64, uint64, uint64, uint64) {
	v0 += v1
	v1 = bits.RotateLeft64(v1, 13) ^ v0
	v0 = bits.RotateLeft64(v0, 32)
	v2 += v3
	v3 = bits.RotateLeft64(v3, 16) ^ v2
	v0 += v3
	v3 = bits.RotateLeft64(v3, 21) ^ v0
	v2 += v1
	v1 = bits.RotateLeft64(v1, 17) ^ v2
	v2 = bits.RotateLeft64(v2, 32)
	return v0, v1, v2, v3
}

// mix joins two hashes into one that depends on their order.
func mix(a, b uint64) uint64 {
	h := (a ^ bits.RotateLeft64(b, 29)) * 0x9e3779b97f4a7c15
	return h ^ h>>32
}
