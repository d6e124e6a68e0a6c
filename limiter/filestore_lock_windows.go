package limiter

import (
	"os"
	"syscall"
	"unsafe"
)

const openFlags = 0

var (
	kernel32     = syscall.NewLazyDLL("kernel32.dll")
	lockFileEx   = kernel32.NewProc("LockFileEx")
	unlockFileEx = kernel32.NewProc("UnlockFileEx")
)

const (
	lockFailImmediately = 1
	lockExclusive       = 2
	errorLockViolation  = syscall.Errno(33)
	errorIOPending      = syscall.Errno(997)
)

// lockByte is far behind the data, since a lock on Windows keeps others from reading.
var lockByte = syscall.Overlapped{OffsetHigh: 1 << 30}

// tryLock takes the file's lock if it is free. The system drops it with the process.
func tryLock(f *os.File) (ok bool, err error) {
	at := lockByte
	r, _, err := lockFileEx.Call(f.Fd(), lockExclusive|lockFailImmediately, 0, 1, 0, uintptr(unsafe.Pointer(&at)))
	if r != 0 {
		return true, nil
	}
	if err == errorLockViolation || err == errorIOPending {
		return false, nil
	}
	return false, err
}

func unlock(f *os.File) error {
	at := lockByte
	if r, _, err := unlockFileEx.Call(f.Fd(), 0, 1, 0, uintptr(unsafe.Pointer(&at))); r == 0 {
		return err
	}
	return nil
}
