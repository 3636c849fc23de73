package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/marketbrewer/marketbrewer/adapters/boltstore"
	"github.com/marketbrewer/marketbrewer/adapters/memstore"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/apps/mb/internal/deployment"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

const (
	defaultStore = "bolt:.marketbrewer/store.db"
	boltPrefix   = "bolt:"
	memory       = "mem"
	// storeDirMode keeps the folder that is made for a store to its owner.
	storeDirMode = 0o700
)

// storeFlags say where jobs are kept, and by which prices their money is counted.
type storeFlags struct {
	name   string
	prices priceFlags
	aws    awsFlags
}

func (f *storeFlags) define(flags *pflag.FlagSet) {
	flags.StringVar(&f.name, "store", defaultStore, "keep jobs in `STORE`: bolt:FILE, or mem to forget them at the end")
	f.aws.define(flags)
	f.prices.define(flags)
}

// check looks at the flags by themselves.
func (f *storeFlags) check() error {
	if err := f.aws.check(); err != nil || f.aws.on {
		return err
	}
	_, _, err := f.path()
	return err
}

// store is an open store.
type store struct {
	ports.Store
	// prices are the tables that its money is counted by.
	prices []*cost.Table
	// epoch is the store's: what dead processes held has ended.
	epoch int64
	// name is the flag's value.
	name string
	bolt *boltstore.Store
	// far is the deployment whose store it is, nil for one of this machine; words are the flags that name it, with a space
	// before.
	far   *deployment.Deployment
	words string
	// note tells the person a line; nil tells nobody.
	note func(format string, args ...any)
	// looks is the least time between two looks at a job of the deployment; 0 for as usual.
	looks time.Duration
}

// path is the file of a bolt store; false for memory.
func (f storeFlags) path() (string, bool, error) {
	if f.name == memory {
		return "", false, nil
	}
	path, isBolt := strings.CutPrefix(f.name, boltPrefix)
	if !isBolt || path == "" {
		return "", false, invalid("--store %q is no store: give mem, or bolt:FILE such as %s", f.name, defaultStore)
	}
	return path, true, nil
}

// openStore opens the store to begin or continue a job in it, and makes one on this machine where there is none.
func (a *app) openStore(f storeFlags) (*store, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	if f.aws.on {
		return a.deployed(f)
	}
	return f.open()
}

// openExisting opens a store that must be there.
func (a *app) openExisting(f storeFlags) (*store, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	if f.aws.on {
		return a.deployed(f)
	}
	return f.openExisting()
}

// open opens the store to begin or continue a job in it, and makes it where there is none.
func (f storeFlags) open() (*store, error) {
	path, isBolt, err := f.path()
	if err != nil {
		return nil, err
	}
	if !isBolt {
		tables, err := f.prices.tables()
		return &store{Store: memstore.New(sysclock.Clock{}, nil), name: f.name, prices: tables}, err
	}
	if err := os.MkdirAll(filepath.Dir(path), storeDirMode); err != nil {
		return nil, invalid("the folder of the store cannot be made: %w: name another file with --store", err)
	}
	return f.openFile(path, nil)
}

// openExisting opens a store that must be there.
func (f storeFlags) openExisting() (*store, error) {
	path, isBolt, err := f.path()
	if err != nil {
		return nil, err
	}
	if !isBolt {
		return nil, invalid("--store mem holds no jobs of earlier commands: name a file, such as %s", defaultStore)
	}
	s, err := f.openFile(path, &boltstore.Options{MustExist: true})
	if errors.Is(err, fault.NotFound) {
		return nil, fault.New(fault.NotFound, "there is no store file %s: mb generate makes one, or name another with --store", path)
	}
	return s, err
}

func (f storeFlags) openFile(path string, options *boltstore.Options) (*store, error) {
	tables, err := f.prices.tables()
	if err != nil {
		return nil, err
	}
	bolt, err := boltstore.Open(path, sysclock.Clock{}, options)
	if err != nil {
		return nil, err
	}
	return &store{Store: bolt, epoch: bolt.Epoch(), name: f.name, bolt: bolt, prices: tables}, nil
}

// hold tells processes that find the store in use what for. Without the label they still find it in use.
func (s *store) hold(id job.ID) {
	if s.bolt != nil {
		_ = s.bolt.SetHolder("job " + string(id))
	}
}

// flag names the store to another command, with a space before; empty for the one that commands take by themselves.
func (s *store) flag() string {
	switch {
	case s.far != nil:
		return s.words
	case s.name == defaultStore:
		return ""
	}
	return " --store " + quoted(s.name)
}

// forgets reports whether the store ends with the process.
func (s *store) forgets() bool { return s.bolt == nil && s.far == nil }

// close closes the store; its error joins the one that is there already.
func (s *store) close(err *error) {
	if s.bolt == nil {
		return
	}
	if failed := s.bolt.Close(); failed != nil && *err == nil {
		*err = failed
	}
}

// words name the store to another command, with a space before; empty for the one that commands take by themselves.
func (f storeFlags) words() string { return (&store{name: f.name}).flag() }

// from names the store or the deployment to another command, with a space before; empty for the store that commands take by themselves.
func (f storeFlags) from() string {
	if f.aws.on {
		return f.aws.words()
	}
	return f.words()
}
