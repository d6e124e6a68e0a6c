package compliance

import (
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestJSONNamesAreSnakeCase holds every member of what leaves or enters as JSON to
// one way of writing names.
func TestJSONNamesAreSnakeCase(t *testing.T) {
	snake := regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)
	seen := map[reflect.Type]bool{}
	var walk func(reflect.Type)
	walk = func(typ reflect.Type) {
		for typ.Kind() == reflect.Slice || typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Map {
			typ = typ.Elem()
		}
		if typ.Kind() != reflect.Struct || typ == reflect.TypeFor[time.Time]() || seen[typ] {
			return
		}
		seen[typ] = true
		for f := range typ.Fields() {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			require.Regexp(t, snake, name, "%v.%s", typ, f.Name)
			walk(f.Type)
		}
	}
	for _, typ := range []reflect.Type{reflect.TypeFor[Event](), reflect.TypeFor[Report](), reflect.TypeFor[Platform](), reflect.TypeFor[Thresholds](), reflect.TypeFor[Purpose](), reflect.TypeFor[Rule]()} {
		walk(typ)
	}
	require.Len(t, seen, 11)
}
