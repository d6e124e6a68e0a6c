package goodtenant

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"text/tabwriter"
)

// EffectiveConfig lists every value in force and where it came from. It prints as
// a table and marshals to JSON. Functions are shown as "set"; no value of it is
// secret.
type EffectiveConfig struct {
	Values []ConfigValue `json:"values"`
}

// ConfigValue is one value in force.
type ConfigValue struct {
	Name  string `json:"name"`  // such as "limiter.MaxQueue"
	Value string `json:"value"` // as Go prints it
	From  string `json:"from"`  // code, profile or default
}

// EffectiveConfig lists every value in force and where it came from; what
// SetLimits and SetMode have changed comes from code.
func (t *Transport) EffectiveConfig() EffectiveConfig {
	var now EffectiveConfig
	limits := false
	for _, v := range t.values.Values {
		if strings.HasPrefix(v.Name, "limiter.Limits") && t.limitsSet.Load() {
			if !limits {
				limits = true
				now.list("limiter.Limits", reflect.ValueOf(t.limiter.Limits()), fromCode)
			}
			continue
		}
		if l, ok := strings.CutSuffix(v.Name, ".Mode"); ok {
			if m, on := t.modeOf(layerNamed(l)); on && m.String() != v.Value {
				v.Value, v.From = m.String(), string(fromCode)
			}
		}
		now.Values = append(now.Values, v)
	}
	return now
}

// String is the list as a table, a line for each value.
func (e EffectiveConfig) String() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, v := range e.Values {
		fmt.Fprintf(w, "%s\t%s\t%s\n", v.Name, v.Value, v.From)
	}
	w.Flush()
	return b.String()
}

// add lists the fields of a layer's configuration. Lists get a line an element.
func (e *EffectiveConfig) add(prefix string, v reflect.Value, note map[string]origin) {
	for i := range v.NumField() {
		field := v.Type().Field(i)
		path := prefix + "." + field.Name
		f := v.Field(i)
		if !field.IsExported() {
			continue
		}
		from, noted := note[path]
		if !noted && f.Kind() == reflect.Struct {
			e.add(path, f, note)
			continue
		}
		if f.Kind() == reflect.Slice && !isBytes(f) {
			e.list(path, f, from)
			continue
		}
		e.value(path, f, from)
	}
}

// list gives each element of a list a line, and an empty list one.
func (e *EffectiveConfig) list(path string, v reflect.Value, from origin) {
	if v.Len() == 0 {
		e.value(path, v, from)
	}
	for i := range v.Len() {
		e.value(fmt.Sprintf("%s[%d]", path, i), v.Index(i), from)
	}
}

func isBytes(v reflect.Value) bool { return v.Type().Elem().Kind() == reflect.Uint8 }

func (e *EffectiveConfig) value(name string, v reflect.Value, from origin) {
	e.Values = append(e.Values, ConfigValue{Name: name, Value: show(v), From: string(from)})
}

// show prints a value; what is a program or a secret is only said to be set.
func show(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Func, reflect.Interface, reflect.Pointer, reflect.Chan:
		if v.IsNil() {
			return "none"
		}
		return "set"
	case reflect.Slice, reflect.Map:
		if v.Len() == 0 {
			return "none"
		}
		if v.Kind() == reflect.Slice && isBytes(v) {
			return "set"
		}
	case reflect.String:
		return fmt.Sprintf("%q", v.String())
	case reflect.Struct:
		if _, ok := v.Interface().(fmt.Stringer); !ok {
			if b, err := json.Marshal(v.Interface()); err == nil {
				return string(b)
			}
		}
	}
	return fmt.Sprint(v.Interface())
}
