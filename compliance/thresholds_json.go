package compliance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"
)

// MarshalJSON writes what is not zero, spans of time as text such as "1m30s".
func (t Thresholds) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	for name, field := range fieldsOf(&t) {
		if field.IsZero() {
			continue
		}
		value := field.Interface()
		if d, ok := value.(time.Duration); ok {
			value = d.String()
		}
		text, err := json.Marshal(value)
		if err != nil {
			return nil, fmt.Errorf("compliance: Thresholds.%s: %w", name, err)
		}
		fmt.Fprintf(&b, "%c%q:%s", "{,"[min(b.Len(), 1)], name, text)
	}
	if b.Len() == 0 {
		b.WriteByte('{')
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// UnmarshalJSON reads what MarshalJSON writes. An unknown member and a value that
// does not fit are errors that name them.
func (t *Thresholds) UnmarshalJSON(b []byte) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(b, &members); err != nil {
		return fmt.Errorf("compliance: Thresholds: %w", err)
	}
	for name, field := range fieldsOf(t) {
		text, there := members[name]
		if !there {
			continue
		}
		delete(members, name)
		if err := readThreshold(text, field); err != nil {
			return fmt.Errorf("compliance: Thresholds.%s is %s: %w", name, text, err)
		}
	}
	for name := range members {
		return fmt.Errorf("compliance: Thresholds has no member %q", name)
	}
	return nil
}

func readThreshold(text json.RawMessage, field reflect.Value) error {
	d, ok := field.Addr().Interface().(*time.Duration)
	if !ok {
		return json.Unmarshal(text, field.Addr().Interface())
	}
	var s string
	if err := json.Unmarshal(text, &s); err != nil {
		return err
	}
	var err error
	*d, err = time.ParseDuration(s)
	return err
}

// fieldsOf gives the fields of t under their names in JSON.
func fieldsOf(t *Thresholds) func(yield func(string, reflect.Value) bool) {
	return func(yield func(string, reflect.Value) bool) {
		v := reflect.ValueOf(t).Elem()
		for i := range v.NumField() {
			name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			if !yield(name, v.Field(i)) {
				return
			}
		}
	}
}
