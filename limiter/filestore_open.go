package limiter

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// openState opens the state file, or makes one. What is at the path but is not
// to be trusted is an error: a count that may be lost counts as spent.
func openState(path string) (*os.File, [16]byte, error) {
	f, err := openExisting(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err = create(path); err == nil || errors.Is(err, fs.ErrExist) {
			f, err = openExisting(path)
		}
	}
	if err != nil {
		return nil, [16]byte{}, err
	}
	salt, err := readHead(f)
	if err != nil {
		f.Close()
		return nil, salt, err
	}
	return f, salt, nil
}

func openExisting(path string) (*os.File, error) {
	seen, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if err := trusted(seen); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|openFlags, 0)
	if err != nil {
		return nil, err
	}
	opened, err := f.Stat()
	if err == nil && !os.SameFile(seen, opened) {
		err = errors.New("it was replaced while it was opened")
	}
	if err == nil {
		err = trusted(opened)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// trusted refuses what somebody else may have put there, or may change.
func trusted(fi fs.FileInfo) error {
	switch mode := fi.Mode(); {
	case mode&fs.ModeSymlink != 0:
		return errors.New("it is a symbolic link")
	case !mode.IsRegular():
		return fmt.Errorf("it is no regular file (%v)", mode.Type())
	case mode.Perm()&0o002 != 0 && runtime.GOOS != "windows":
		return fmt.Errorf("every user may write it (%v)", mode.Perm())
	}
	return nil
}

// create makes a whole file under another name and gives it its own in one step,
// so that no other process sees, and no crash leaves, a part of one.
func create(path string) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".*.new") // with mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	var salt [16]byte
	rand.Read(salt[:])
	pages := make([]byte, 3*pageSize)
	marshalHead(pages, salt)
	for seq := range uint64(2) {
		directory := cell{kind: directoryCell, seq: seq}
		directory.marshal(pages[pageOffset(0, seq):][:pageSize])
	}
	if _, err := f.Write(pages); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return moveNew(f.Name(), path)
	}
	return err
}

// moveNew is for file systems without hard links: the name is claimed first, and
// a crash in between leaves an empty file, which is refused.
func moveNew(from, to string) error {
	claim, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	claim.Close()
	return os.Rename(from, to)
}

func readHead(f *os.File) (salt [16]byte, err error) {
	page := make([]byte, pageSize)
	if _, err := f.ReadAt(page, 0); err == io.EOF {
		return salt, errors.New("it is too short to be a state file")
	} else if err != nil {
		return salt, err
	}
	return unmarshalHead(page)
}
