//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package limiter

import (
	"os"
	"syscall"
)

// openFlags keep a path that became a link or a FIFO from being followed or waited on.
const openFlags = syscall.O_NOFOLLOW | syscall.O_NONBLOCK

// tryLock takes the lock of the whole file if it is free. The kernel drops it
// with the process.
func tryLock(f *os.File) (ok bool, err error) {
	for {
		switch err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err {
		case nil:
			return true, nil
		case syscall.EINTR:
		case syscall.EWOULDBLOCK:
			return false, nil
		default:
			return false, err
		}
	}
}

func unlock(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_UN) }
