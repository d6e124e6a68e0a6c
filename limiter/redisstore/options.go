package redisstore

import (
	"fmt"
	"log/slog"
	"regexp"
)

// Option changes a Store.
type Option interface{ apply(*config) error }

type config struct {
	app string
	key []byte
	log *slog.Logger
}

type option func(*config) error

func (o option) apply(c *config) error { return o(c) }

var appName = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// WithApp names the app whose processes share limits: all Stores of one name over
// one Redis do. Default "app". Letters, digits, dot, dash and underscore.
func WithApp(name string) Option {
	return option(func(c *config) error {
		if !appName.MatchString(name) {
			return fmt.Errorf("redisstore: WithApp(%q): want 1 to 64 letters, digits, dots, dashes and underscores", name)
		}
		c.app = name
		return nil
	})
}

// WithHashKey makes the names of tenants in the store keyed hashes (HMAC-SHA-256),
// so that who can read the store cannot find out a tenant by trying. All processes
// of the app need the same key; a new one begins with nothing counted for tenants.
// Without it they are plain hashes. At least 16 bytes.
func WithHashKey(key []byte) Option {
	return option(func(c *config) error {
		if len(key) < 16 {
			return fmt.Errorf("redisstore: WithHashKey: the key has %d bytes, want 16 or more", len(key))
		}
		c.key = key
		return nil
	})
}

// WithLogger is told once of each thing that wants a remedy. Default: silent.
func WithLogger(l *slog.Logger) Option {
	return option(func(c *config) error {
		c.log = l
		return nil
	})
}
