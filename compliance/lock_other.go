//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd || windows)

package compliance

import "errors"

// lockFile knows no lock that ends with the process on this system.
func lockFile(string) (unlock func(), err error) {
	return nil, errors.New("no file locks on this system: set Config.Replica")
}
