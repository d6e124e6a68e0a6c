package compliance

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// plainSip is SipHash-1-3 as its authors' paper has it, a byte at a time.
func plainSip(k0, k1 uint64, b []byte) uint64 {
	v := [4]uint64{k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d, k0 ^ 0x6c7967656e657261, k1 ^ 0x7465646279746573}
	round := func() {
		v[0], v[2] = v[0]+v[1], v[2]+v[3]
		v[1], v[3] = bits.RotateLeft64(v[1], 13)^v[0], bits.RotateLeft64(v[3], 16)^v[2]
		v[0] = bits.RotateLeft64(v[0], 32)
		v[2], v[0] = v[2]+v[1], v[0]+v[3]
		v[1], v[3] = bits.RotateLeft64(v[1], 17)^v[2], bits.RotateLeft64(v[3], 21)^v[0]
		v[2] = bits.RotateLeft64(v[2], 32)
	}
	padded := append(append([]byte(nil), b...), make([]byte, 8-len(b)%8)...)
	padded[len(padded)-1] = byte(len(b))
	for ; len(padded) > 0; padded = padded[8:] {
		m := binary.LittleEndian.Uint64(padded)
		v[3] ^= m
		round()
		v[0] ^= m
	}
	v[2] ^= 0xff
	for range 3 {
		round()
	}
	return v[0] ^ v[1] ^ v[2] ^ v[3]
}

// TestBreakHash: the hash is the plain one, whatever the bytes and their number.
func TestBreakHash(t *testing.T) {
	rng := newRand(1)
	for n := range 3000 {
		b, k := make([]byte, n%600), hashKey{rng.Uint64(), rng.Uint64()}
		for i := range b {
			b[i] = byte(rng.Uint32())
		}
		require.Equal(t, plainSip(k.k0, k.k1, b), k.sum(string(b)))
		require.Equal(t, k.sum(string(b)), k.sumBytes(b))
	}
}

// pair is one parameter as it is meant.
type pair struct{ name, value string }

// written is the parameters as some client writes them: each byte escaped or not, in
// either case of hexadecimal.
func written(rng *rand.Rand, pairs []pair) string {
	escape := func(s string) string {
		var b strings.Builder
		for i := range len(s) {
			c := s[i]
			must := c == '%' || c == '+' || c == '&' || c == '=' || c == ';' || c == '#' || c <= ' ' || c >= 0x7f
			switch {
			case must && rng.IntN(2) == 0, !must && rng.IntN(12) == 0:
				fmt.Fprintf(&b, "%%%02x", c)
			case must, !must && rng.IntN(12) == 0:
				fmt.Fprintf(&b, "%%%02X", c)
			default:
				b.WriteByte(c)
			}
		}
		return b.String()
	}
	var parts []string
	for _, p := range pairs {
		parts = append(parts, escape(p.name)+"="+escape(p.value))
	}
	return strings.Join(parts, []string{"&", "&&"}[rng.IntN(2)])
}

// TestBreakParseIsWhatIsMeant: a query is the same however it is escaped, as net/url
// reads it, and whatever the order of its filters.
func TestBreakParseIsWhatIsMeant(t *testing.T) {
	p := Platform{}.WithDefaults()
	ps, rng := newParams(&p, testKey), newRand(2)
	odd := []string{"", "x", "é", "a b", "100%", "a+b", "\xff\xfe", "Ann Ö", "1,5", "2026-01-05", "2026-01-05T10:00:00Z", "2026-01-05T10:00:00+02:00", "1700000000", strings.Repeat("z", 300), "A&B=C"}
	names := []string{"officeId", "name", "ÄÖ", "x y", "filter[a]", "K", "K", "ſize", "email", "from", "to", "offset", strings.Repeat("n", 256), "tagé"}
	for range 20_000 {
		plain := []pair{}
		var wantIDs []uint64
		for range rng.IntN(5) {
			plain = append(plain, pair{names[rng.IntN(len(names))], odd[rng.IntN(len(odd))]})
		}
		page, size := 1+rng.IntN(300), 1+rng.IntN(100)
		plain = append(plain, pair{"pageNumber", fmt.Sprint(page)}, pair{"pageSize", fmt.Sprint(size)})
		if rng.IntN(2) == 0 {
			list := ids(rng.IntN(100), 1+rng.IntN(5))
			plain = append(plain, pair{"id", strings.Join(list, ",")})
			for _, id := range list {
				wantIDs = append(wantIDs, testKey.sum(id))
			}
		}
		embeds := rng.IntN(4)
		if embeds > 0 {
			plain = append(plain, pair{"embed", strings.Join([]string{"a", "b", "c"}[:embeds], ",")})
		}
		a, b := written(rng, plain), written(rng, plain)
		va, err := url.ParseQuery(a)
		require.NoError(t, err)
		vb, err := url.ParseQuery(b)
		require.NoError(t, err)
		require.Equal(t, va, vb)
		var qa, qb query
		ps.parse(a, &qa)
		ps.parse(b, &qb)
		require.Equal(t, qa, qb, "%s\n%s", a, b)
		if !va.Has("offset") {
			require.Equal(t, page, qa.pageNo, a)
		}
		require.Equal(t, size, qa.size, a)
		require.Equal(t, wantIDs, qa.ids, a)
		require.Equal(t, embeds, qa.embeds, a)
		require.Equal(t, len(plain), qa.params, a)
	}
}
