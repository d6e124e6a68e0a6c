package goodtenant

import (
	"reflect"

	"github.com/goodtenant/goodtenant/conflict"
	"github.com/goodtenant/goodtenant/limiter"
)

// origin says where a value of the configuration came from.
type origin string

const (
	fromCode    origin = "code"
	fromProfile origin = "profile"
	fromDefault origin = "default"
)

// whole are structs that make sense as one value only.
var whole = map[reflect.Type]bool{
	reflect.TypeFor[limiter.Boundary](): true,
	reflect.TypeFor[conflict.Target]():  true,
}

// merge fills the zero fields of the struct code from profile, field by field and
// into nested structs, and notes under "prefix.Field" where each value came from;
// what is zero in both is left to the layer's default. A slice, map, pointer or
// func is one value.
func merge(prefix string, code, profile reflect.Value, note map[string]origin) {
	for i := range code.NumField() {
		field := code.Type().Field(i)
		if !field.IsExported() {
			continue
		}
		path := prefix + "." + field.Name
		c, p := code.Field(i), profile.Field(i)
		switch {
		case isGroup(c.Type()):
			merge(path, c, p, note)
		case !c.IsZero():
			note[path] = fromCode
		case !p.IsZero():
			c.Set(p)
			note[path] = fromProfile
		default:
			note[path] = fromDefault
		}
	}
}

// isGroup tells whether a struct is a group of settings, not one value.
func isGroup(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && t.NumField() > 0 && t.Field(0).IsExported() && !whole[t]
}
