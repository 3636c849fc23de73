package boltstore

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

const (
	// pageSize is that of new files: eight records of 2,000 bytes fill one page but for a tenth. With pages of 4 KiB each
	// of them takes a whole one, with larger ones a commit of few records writes too much.
	pageSize = 16 << 10
	// lockWait is so short that bbolt tries once.
	lockWait = time.Nanosecond
	// dirMode and fileMode keep what a store holds to its owner.
	dirMode  = 0o750
	fileMode = 0o600
)

// mapSize is how much of the address space a file is given at once. While it fits, the file grows without being mapped
// again, for which bbolt has to wait until nobody reads.
func mapSize() int {
	if runtime.GOOS == "windows" || strconv.IntSize < 64 {
		return 0 // Windows would make the file as large as its map.
	}
	return 1 << 30
}

// Open opens the store file at path, and makes it and its folder if there is none. Records expire by the clock. Nil
// options mean their zero value. It does not wait for a process that has the file open.
//
// Errors: Locked (open elsewhere, or here; the message says by whom), Newer (written by a later version of this
// package), Invalid (no store file, or one that cannot be opened or made there), Corrupt, NotFound (only with MustExist),
// Unavailable. After an error the file is as it was.
func Open(path string, clock ports.Clock, options *Options) (*Store, error) {
	if options == nil {
		options = &Options{}
	}
	if err := prepare(path, options.MustExist); err != nil {
		return nil, err
	}
	file, db, err := openFile(path, options.MaxSize)
	if err != nil {
		return nil, err
	}
	epoch, err := raiseEpoch(path, db)
	if err == nil {
		label := newHolder(path, clock.Now())
		if err = label.write(); err == nil {
			return newStore(path, clock, *options, file, db, epoch, label), nil
		}
		err = openFailure(path, err)
	}
	_ = db.Close()
	return nil, err
}

// prepare sees to it that there is a file to be opened.
func prepare(path string, mustExist bool) error {
	if path == "" {
		return fault.New(fault.Invalid, "boltstore: the path is empty: name a file")
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return fault.New(fault.Invalid, "boltstore: %s is a folder: name a file in it", path)
	case err == nil && !info.Mode().IsRegular():
		return fault.New(fault.Invalid, "boltstore: %s is no ordinary file: name another one", path)
	case err == nil:
		return nil
	case !errors.Is(err, fs.ErrNotExist):
		return openFailure(path, err)
	case mustExist:
		return fault.New(fault.NotFound, "boltstore: there is no store file %s: look for the right path", path)
	}
	if err := os.MkdirAll(filepath.Dir(path), dirMode); err != nil {
		return openFailure(path, err)
	}
	return create(path)
}

// create makes an empty store file beside the path and then gives it its name, so that no crash leaves half a file there.
func create(path string) error {
	fresh, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".new-*")
	if err != nil {
		return openFailure(path, err)
	}
	name := fresh.Name()
	defer func() { _ = os.Remove(name) }()
	if err := errors.Join(fresh.Chmod(fileMode), fresh.Close()); err != nil {
		return openFailure(path, err)
	}
	_, db, err := openFile(name, 0)
	if err != nil {
		return err
	}
	if err := errors.Join(db.Update(layOut), db.Close()); err != nil {
		return openFailure(path, err)
	}
	// Unlike a renamed file a linked one never replaces what another process has put there meanwhile.
	if err := os.Link(name, path); err != nil && !errors.Is(err, fs.ErrExist) {
		return openFailure(path, err)
	}
	return syncFolder(filepath.Dir(path))
}

// syncFolder makes a new name in a folder outlive a loss of power.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return openFailure(path, err)
	}
	defer func() { _ = folder.Close() }()
	// Not every system can sync a folder; where it cannot there is nothing to be done.
	_ = folder.Sync()
	return nil
}

// openFile opens a file that exists.
func openFile(path string, maxSize int) (file *os.File, db *bolt.DB, err error) {
	before := guard()
	defer func() {
		endGuard(before)
		if met := recover(); met != nil {
			err = openFailure(path, damage(met))
			unlock(file)
			_ = file.Close()
		}
	}()
	db, err = bolt.Open(path, fileMode, &bolt.Options{
		Timeout:         lockWait,
		FreelistType:    bolt.FreelistMapType,
		InitialMmapSize: mapSize(),
		PageSize:        pageSize,
		MaxSize:         maxSize,
		NoStatistics:    true,
		OpenFile: func(name string, flag int, mode os.FileMode) (*os.File, error) {
			opened, err := os.OpenFile(name, flag&^os.O_CREATE, mode)
			if err != nil {
				return nil, err
			}
			if err = tryLock(opened); err == nil {
				err = inspect(opened)
			}
			if err != nil {
				return nil, errors.Join(err, opened.Close())
			}
			file = opened
			return opened, nil
		},
	})
	if errors.Is(err, berrors.ErrTimeout) {
		return nil, nil, lockedBy(path)
	}
	if err != nil {
		return nil, nil, openFailure(path, err)
	}
	return file, db, nil
}

// openFailure gives an error of Open its kind, the path and, where it is not said yet, what to do.
func openFailure(path string, err error) error {
	var known *fault.Error
	if errors.As(err, &known) {
		return fault.New(known.Kind, "boltstore: %s cannot be opened: %s", path, known.Message)
	}
	var named *fs.PathError
	if errors.As(err, &named) {
		err = named.Err
	}
	failed := failure("", err)
	if failed.Kind == fault.Invalid {
		return fault.New(failed.Kind, "boltstore: %s cannot be opened: %w: name another path, or change its permissions", path, err)
	}
	return fault.New(failed.Kind, "boltstore: %s cannot be opened: %w", path, err)
}
