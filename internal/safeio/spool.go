package safeio

import (
	"errors"
	"io"
	"os"
	"sync"
)

// spoolMemory is how many bytes a Spool holds in memory.
const spoolMemory = 4 << 20

// A Spool keeps bytes for random access: the first 4 MiB in memory, all of them
// in a temporary file once there are more. Where the system has files without
// names, not even a killed process leaves one. The zero value is empty and
// ready; Close it. One goroutine may write while others read what was written before.
type Spool struct {
	mu   sync.RWMutex // over what follows
	mem  []byte
	file *File
	size int64
}

// Write implements io.Writer.
func (s *Spool) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil && s.size+int64(len(p)) <= spoolMemory {
		s.mem = append(s.mem, p...)
		s.size += int64(len(p))
		return len(p), nil
	}
	if s.file == nil {
		f, err := Create(os.TempDir(), 0o600)
		if err != nil {
			return 0, err
		}
		s.file = f
		if _, err := f.Write(s.mem); err != nil {
			return 0, err
		}
		s.mem = nil
	}
	n, err := s.file.Write(p)
	s.size += int64(n)
	return n, err
}

// Size is the number of bytes that were written.
func (s *Spool) Size() int64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.size
}

// ReadAt implements io.ReaderAt.
func (s *Spool) ReadAt(p []byte, off int64) (int, error) {
	s.mu.RLock()
	file, mem := s.file, s.mem
	s.mu.RUnlock()
	if file != nil {
		return file.ReadAt(p, off)
	}
	if off < 0 {
		return 0, errors.New("negative offset")
	}
	if off >= int64(len(mem)) {
		return 0, io.EOF
	}
	n := copy(p, mem[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// Close gives up memory and file.
func (s *Spool) Close() error {
	s.mem = nil
	if s.file == nil {
		return nil
	}
	return s.file.Discard()
}
