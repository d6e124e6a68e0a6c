package limiter

import (
	"errors"
	"io/fs"
	"os"
	"time"
)

// refresh begins a turn, with the file locked: it sees what other processes have
// added.
func (s *fileStore) refresh(now time.Time) error {
	s.turn++
	s.handed = 0
	if now.Sub(s.checked).Abs() > time.Second {
		at, err := os.Lstat(s.path)
		mine, err2 := s.file.Stat()
		if errors.Is(err, fs.ErrNotExist) || err == nil && err2 == nil && !os.SameFile(at, mine) {
			return errors.New("it was removed or replaced while in use")
		}
		if err := errors.Join(err, err2); err != nil {
			return err
		}
		s.checked = now
	}
	cells, reused := s.dir.cell.cells, s.dir.cell.reused
	if err := s.load(s.dir, now); err != nil {
		return err
	}
	if s.dir.cell.reused != reused {
		cells = 0
		clear(s.index)
	}
	for ; cells < s.dir.cell.cells; cells++ {
		if err := s.enter(uint32(cells)+1, now); err != nil {
			return err
		}
	}
	return nil
}

// enter notes whose cell index is.
func (s *fileStore) enter(index uint32, now time.Time) error {
	if _, err := s.read(&s.reuse, index, now); err != nil {
		return err
	}
	s.index[s.reuse.key] = index
	return nil
}

// verify reads the whole file once, when it is opened: a damaged count is found
// now, not in the middle of the day.
func (s *fileStore) verify() error {
	now := s.last.Round(0)
	s.dir = &count{}
	if err := s.refresh(now); err != nil {
		return err
	}
	size, err := s.file.Stat()
	if err != nil {
		return err
	}
	whole := (size.Size()/pageSize - 3) / 2
	if whole < s.dir.cell.cells {
		return errors.New("it is cut short")
	}
	if s.dir.twice && whole > s.dir.cell.cells { // a directory one write behind may lack a cell
		if err := s.enter(uint32(s.dir.cell.cells)+1, now); err == nil {
			s.dir.cell.cells++
		}
	}
	for index := uint32(1); int64(index) <= s.dir.cell.cells; index++ {
		c := &count{}
		mended, err := s.read(&c.cell, index, now)
		if err != nil {
			return err
		}
		if mended {
			c.twice = true
			c.id.kind = c.cell.kind
			s.touch(c)
		}
		if c.cell.expires < now.UnixNano() {
			s.vacant = append(s.vacant, index)
		}
	}
	return s.flush(now)
}

// vacancy is the cell for a new count: one that has expired when the file is
// large, else the next one; 0 when the file is full.
func (s *fileStore) vacancy(now time.Time) (uint32, error) {
	for len(s.vacant) > 0 {
		index := s.vacant[len(s.vacant)-1]
		s.vacant = s.vacant[:len(s.vacant)-1]
		if _, err := s.read(&s.reuse, index, now); err != nil {
			return 0, err
		}
		if s.reuse.expires < now.UnixNano() {
			delete(s.index, s.reuse.key)
			return index, nil
		}
	}
	if s.dir.cell.cells >= maxCells {
		return 0, nil
	}
	return uint32(s.dir.cell.cells) + 1, nil
}
