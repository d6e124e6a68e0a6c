package compliance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"sync"
)

// FileSnapshots keeps snapshots in files: path.0, path.1, ..., one for each
// process of this machine that uses path. A process takes the first that no
// living process holds, so one that was killed is followed by one that goes on
// with its state. Files are replaced whole and readable by their owner only.
type FileSnapshots struct {
	path string

	mu sync.Mutex // of one process's saves
}

const (
	fileSlots     = 64
	maxFileBytes  = 64 << 20
	snapshotPerms = 0o600
)

// NewFileSnapshots keeps snapshots beside path, whose directory must be there.
func NewFileSnapshots(path string) (*FileSnapshots, error) {
	if path == "" {
		return nil, errors.New("compliance: NewFileSnapshots: the path is empty")
	}
	info, err := os.Stat(filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("compliance: NewFileSnapshots: %w", err)
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("compliance: NewFileSnapshots: %s is no directory", filepath.Dir(path))
	}
	return &FileSnapshots{path: path}, nil
}

// Claim implements [Claimer].
func (f *FileSnapshots) Claim() (replica string, release func(), err error) {
	for i := range fileSlots {
		unlock, err := lockFile(f.name(strconv.Itoa(i)) + ".lock")
		if err == nil {
			return strconv.Itoa(i), unlock, nil
		}
		if !errors.Is(err, errLocked) {
			return "", nil, fmt.Errorf("compliance: claiming a snapshot file: %w", err)
		}
	}
	return "", nil, fmt.Errorf("compliance: %d processes hold snapshots beside %s already", fileSlots, f.path)
}

var errLocked = errors.New("compliance: another process holds the snapshot file")

func (f *FileSnapshots) name(replica string) string { return f.path + "." + replica }

// SaveSnapshot implements [Snapshots]: a new file takes the place of the old one,
// so that one of the two is there whenever the process is killed.
func (f *FileSnapshots) SaveSnapshot(_ context.Context, replica string, data []byte) error {
	if filepath.Base(replica) != replica || replica == "." {
		return fmt.Errorf("compliance: replica %q can not name a file", replica)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	next := f.name(replica) + ".new"
	os.Remove(next)
	w, err := os.OpenFile(next, os.O_WRONLY|os.O_CREATE|os.O_EXCL, snapshotPerms)
	if err != nil {
		return fmt.Errorf("compliance: saving a snapshot: %w", err)
	}
	_, err = w.Write(data)
	if err = errors.Join(err, w.Sync(), w.Close()); err == nil {
		err = os.Rename(next, f.name(replica))
	}
	if err != nil {
		os.Remove(next)
		return fmt.Errorf("compliance: saving a snapshot: %w", err)
	}
	return nil
}

// LoadSnapshots implements [Snapshots]. What is no regular file, or too large, is
// left out and told.
func (f *FileSnapshots) LoadSnapshots(context.Context) (map[string][]byte, error) {
	names, err := filepath.Glob(escapeGlob(f.path) + ".*")
	if err != nil {
		return nil, fmt.Errorf("compliance: loading snapshots: %w", err)
	}
	all := map[string][]byte{}
	var errs error
	for _, name := range names {
		replica := name[len(f.path)+1:]
		if ext := filepath.Ext(replica); ext == ".new" || ext == ".lock" {
			continue
		}
		data, err := readRegular(name)
		if err != nil {
			errs = errors.Join(errs, fmt.Errorf("compliance: loading snapshots: %w", err))
			continue
		}
		all[replica] = data
	}
	return all, errs
}

func readRegular(name string) ([]byte, error) {
	info, err := os.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxFileBytes {
		return nil, fmt.Errorf("%s is no regular file of at most %d bytes", name, maxFileBytes)
	}
	r, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(io.LimitReader(r, maxFileBytes))
}

// escapeGlob makes a path a pattern that matches itself.
func escapeGlob(path string) string {
	var b []byte
	for i := range len(path) {
		if c := path[i]; c == '*' || c == '?' || c == '[' {
			b = append(b, '[', c, ']')
		} else {
			b = append(b, c)
		}
	}
	return string(b)
}
