package catalogfile

import (
	"bytes"
	"os"
	"path/filepath"

	"github.com/marketbrewer/marketbrewer/core/fault"
)

// replaceFile puts the edited text in the place of the file in one step, unless somebody has changed the file meanwhile. A
// symbolic link stays one, and the file keeps its mode.
func replaceFile(s, edited source) error {
	path, err := filepath.EvalSymlinks(s.path)
	if err != nil {
		return writeError(s, err)
	}
	now, problems := readSource(path)
	if len(problems) > 0 || !bytes.Equal(now.data, s.data) {
		return fault.New(fault.Invalid, "%s has been changed while it was edited: nothing was written, run the import again", s.path)
	}
	text := edited.data
	if s.marked {
		text = append([]byte(byteOrderMark), text...)
	}
	if err := writeBeside(path, text); err != nil {
		return writeError(s, err)
	}
	return nil
}

// writeBeside writes a new file in the same directory and renames it over path.
func writeBeside(path string, text []byte) (err error) {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	_, err = f.Write(text)
	for _, step := range []func() error{func() error { return f.Chmod(info.Mode().Perm()) }, f.Sync} {
		if err == nil {
			err = step()
		}
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

func writeError(s source, err error) error {
	return fault.New(fault.Invalid, "%s cannot be written: %s; check the mode and the space of its directory", s.path, plainCause(err))
}
