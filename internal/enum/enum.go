// Package enum gives the project's enumerations their texts: constants that count
// up from 0, with a list of names by value.
package enum

import "fmt"

// String is e's name, or typ(n) where it has none. typ is such as "limiter.Kind".
func String[E ~uint8](typ string, names []string, e E) string {
	if int(e) < len(names) {
		return names[e]
	}
	return fmt.Sprintf("%s(%d)", typ, uint8(e))
}

// Marshal is e's name, for MarshalText; a value without one is an error.
func Marshal[E ~uint8](typ string, names []string, e E) ([]byte, error) {
	if int(e) < len(names) {
		return []byte(names[e]), nil
	}
	return nil, fmt.Errorf("unknown %s %d, want one of %q", typ, uint8(e), names)
}

// Parse sets e by its name, for UnmarshalText. Another text is an error that
// shows it, and leaves e as it was.
func Parse[E ~uint8](typ string, names []string, e *E, text []byte) error {
	for i, n := range names {
		if n == string(text) {
			*e = E(i)
			return nil
		}
	}
	return fmt.Errorf("unknown %s %q, want one of %q", typ, text, names)
}
