package compliance

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestHashIsSipHash13: the vectors of its authors' program, the bytes 0, 1, 2, ...
// under the key 0, 1, ... 15. A hash that changes makes every snapshot worthless.
func TestHashIsSipHash13(t *testing.T) {
	var b [16]byte
	for i := range b {
		b[i] = byte(i)
	}
	key := newHashKey(b[:])
	for n, want := range []uint64{
		0xabac0158050fc4dc, 0xc9f49bf37d57ca93, 0x82cb9b024dc7d44d, 0x8bf80ab8e7ddf7fb,
		0xcf75576088d38328, 0xdef9d52f49533b67, 0xc50d2b50c59f22a7, 0xd3927d989bb11140,
		0x369095118d299a8e, 0x25a48eb36c063de4, 0x79de85ee92ff097f, 0x70c118c1f94dc352,
		0x78a384b157b4d9a2, 0x306f760c1229ffa7, 0x605aa111c0f95d34, 0xd320d86d2a519956,
	} {
		require.Equal(t, want, key.sum(string(b[:n])), "%d bytes", n)
	}
}
