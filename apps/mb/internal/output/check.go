package output

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/pages"
)

// Check reports whether a job's pages could be written to dir, before anything is paid for: it is a directory or can
// become one, it can be written to, and no file in the place of one of ours is another's. It leaves nothing behind. The
// plan may be nil: then the places of the pages are not looked at. The error is fault.Invalid and says what to do.
func Check(dir string, plan *pages.Plan) error {
	if dir == "" || strings.ContainsRune(dir, 0) {
		return fault.New(fault.Invalid, "%q is no name of a directory: name one to write the pages to", dir)
	}
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		return fault.New(fault.Invalid, "%s is a file: name a directory to write the pages to", dir)
	}
	created, err := missing(dir)
	if err != nil {
		return err
	}
	f, err := openFolder(dir)
	// The deepest one comes first. One that somebody else has put something into meanwhile stays.
	defer func() {
		for _, d := range created {
			_ = os.Remove(d)
		}
	}()
	if err != nil {
		return err
	}
	defer f.close()
	if err := f.probe(); err != nil {
		return err
	}
	if err := f.freeAbove(plan == nil || newSite(plan.Business().Website) != nil); err != nil {
		return err
	}
	if len(created) > 0 || plan == nil {
		return nil
	}
	return f.freeFor(plan)
}

// missing lists the directories that have to be made for dir, the deepest first.
func missing(dir string) (list []string, err error) {
	for {
		info, err := os.Stat(dir)
		switch {
		case err == nil && info.IsDir():
			return list, nil
		case err == nil || isNotDir(err):
			return nil, fault.New(fault.Invalid, "%s is a file, not a directory: name another directory to write the pages to", dir)
		case !errors.Is(err, fs.ErrNotExist):
			return nil, (&folder{dir: dir}).failed("look at", "", err)
		}
		list = append(list, dir)
		dir = filepath.Dir(dir)
	}
}

// probe writes a file and removes it.
func (f *folder) probe() error {
	const name = "probe"
	file, err := f.create(temporary(name))
	if err != nil {
		return err
	}
	_, err = file.WriteString("can this be written?")
	if closed := file.Close(); err == nil {
		err = closed
	}
	f.discard(name)
	if err != nil {
		return f.failed("write", temporary(name), err)
	}
	return nil
}

// freeAbove looks at the places of the manifest and, where there will be one, of the sitemap.
func (f *folder) freeAbove(sitemap bool) error {
	if err := f.free(manifestFile); err != nil || !sitemap {
		return err
	}
	return f.free(sitemapFile)
}

// freeFor looks at the places of the plan's pages. Most are below folders that are not there.
func (f *folder) freeFor(plan *pages.Plan) error {
	above := map[string]bool{}
	for ordinal := range plan.Size() {
		folder, err := folderOf(plan.Page(ordinal).URLPath)
		if err != nil {
			return err
		}
		first, _, _ := strings.Cut(folder, "/")
		there, known := above[first]
		if !known {
			_, err := f.root.Lstat(first)
			there = err == nil
			above[first] = there
		}
		if !there {
			continue
		}
		for _, format := range []Format{JSON, HTML} {
			if err := f.free(folder + "/" + format.file()); err != nil {
				return err
			}
		}
	}
	return nil
}

// isNotDir is true when a file stands where a folder should.
func isNotDir(err error) bool { return errors.Is(err, syscall.ENOTDIR) }
