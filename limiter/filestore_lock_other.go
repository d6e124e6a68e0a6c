//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd || windows)

package limiter

import (
	"errors"
	"os"
)

const openFlags = 0

// Without a lock two processes could count apart, so that there is no file store.
func tryLock(*os.File) (bool, error) { return false, errors.ErrUnsupported }
func unlock(*os.File) error          { return errors.ErrUnsupported }
