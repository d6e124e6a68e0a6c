package redisstore

import (
	"errors"
	"fmt"
	"strings"
)

var (
	errClosed = errors.New("redisstore: closed")
	errStale  = errors.New("redisstore: a step older than the last one")
)

// RightsError says what the Redis user lacks. The package comment has the line
// that is enough.
type RightsError struct {
	Missing string // the command, key pattern or channel pattern
	Err     error  // what the server said
}

func (e *RightsError) Error() string {
	return fmt.Sprintf("redisstore: the Redis user lacks the right to %s (the package comment has the ACL line that is enough): %v", e.Missing, e.Err)
}

func (e *RightsError) Unwrap() error { return e.Err }

// denied reports whether the server refused err's command for want of rights.
// Inside a script it says so in other words.
func denied(err error) bool {
	if err == nil {
		return false
	}
	for _, s := range []string{"NOPERM", "ACL failure", "can't run this command", "can't access at least one of the keys", "no permissions", "No permissions"} {
		if strings.Contains(err.Error(), s) {
			return true
		}
	}
	return false
}

// named is the one form of this package's errors.
func (s *Store) named(err error) error {
	text := err.Error()
	switch {
	case denied(err):
		return s.lacking(err)
	case strings.Contains(text, poison):
		_, at, _ := strings.Cut(text, poison)
		key, _, _ := strings.Cut(at, " ")
		return fmt.Errorf("redisstore: %s holds what is no count; nothing is granted over it until it is mended or deleted: %w", key, err)
	case strings.Contains(text, "WRONGTYPE"):
		return fmt.Errorf("redisstore: a key of %s* is of another type; nothing is granted over it until it is deleted: %w", s.prefix, err)
	}
	return fmt.Errorf("redisstore: %w", err)
}

const poison = "GTPOISON "
