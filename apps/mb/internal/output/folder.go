package output

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// folder is the directory that a job is written to. Nothing in it leads outside: names are slugs, and os.Root follows no
// symbolic link out of it.
type folder struct {
	dir  string
	root *os.Root
	// last is the folder of the page that was written last, which is there.
	last string
}

func openFolder(dir string) (*folder, error) {
	f := &folder{dir: dir}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, f.failed("create", "", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, f.failed("open", "", err)
	}
	f.root = root
	return f, nil
}

func (f *folder) close() { _ = f.root.Close() }

// folderOf is the folder of a page below the directory. A path that is not made of slugs is refused, whatever made it.
func folderOf(urlPath string) (string, error) {
	parts := strings.Split(strings.TrimPrefix(urlPath, "/"), "/")
	for _, part := range parts {
		if part == "" || catalog.ToSlug(part) != part || !strings.HasPrefix(urlPath, "/") {
			return "", fault.New(fault.Invalid, "output: the path %.80q is not made of slugs", urlPath)
		}
	}
	return strings.Join(parts, "/"), nil
}

// temporary is the name under which a file is written before it takes its place.
func temporary(name string) string {
	folder, base := path.Split(name)
	return folder + "." + base + ".tmp"
}

// put writes a file in one step. It refuses to write over one that is not ours.
func (f *folder) put(name string, data []byte) error {
	if parent := path.Dir(name); parent != f.last && parent != "." {
		if err := f.root.MkdirAll(parent, 0o755); err != nil {
			return f.failed("create", parent, err)
		}
		f.last = parent
	}
	file, err := f.create(temporary(name))
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err != nil {
		f.discard(name)
		return f.failed("write", name, err)
	}
	return f.replace(name)
}

// create opens a new file. One of this name is left over from a run that was cut off.
func (f *folder) create(name string) (*os.File, error) {
	const flags = os.O_WRONLY | os.O_CREATE | os.O_EXCL
	file, err := f.root.OpenFile(name, flags, 0o644)
	if errors.Is(err, fs.ErrExist) {
		if err = f.root.Remove(name); err == nil {
			file, err = f.root.OpenFile(name, flags, 0o644)
		}
	}
	if err != nil {
		return nil, f.failed("create", name, err)
	}
	return file, nil
}

// replace gives a temporary file its place.
func (f *folder) replace(name string) error { return f.rename(temporary(name), name) }

func (f *folder) rename(from, to string) error {
	if err := f.free(to); err != nil {
		_ = f.root.Remove(from)
		return err
	}
	if err := f.root.Rename(from, to); err != nil {
		_ = f.root.Remove(from)
		return f.failed("write", to, err)
	}
	return nil
}

// discard removes the temporary file of a name, if there is one.
func (f *folder) discard(name string) { _ = f.root.Remove(temporary(name)) }

// remove removes a file of ours: one of the job, or of any job where none is named. What is not ours stays.
func (f *folder) remove(name string, id job.ID) (bool, error) {
	kind, owner, err := f.look(name)
	if err != nil || kind != ours || id != "" && owner != id {
		return false, err
	}
	if err := f.root.Remove(name); err != nil {
		return false, f.failed("remove", name, err)
	}
	return true, nil
}

// prune removes a page's folder and the one above it as far as they are empty.
func (f *folder) prune(folder string) {
	f.last = ""
	for ; folder != "."; folder = path.Dir(folder) {
		if f.root.Remove(folder) != nil {
			return
		}
	}
}

// free refuses a name that something else than a file of ours has.
func (f *folder) free(name string) error {
	kind, _, err := f.look(name)
	if err == nil && kind == foreign {
		return fault.New(fault.Invalid, "%s is there already and was not written by mb: move it away or name another directory", f.path(name))
	}
	return err
}

// owned is whose file a name is.
type owned string

const (
	absent  owned = "absent"
	foreign owned = "foreign"
	ours    owned = "ours"
)

// headSize is how much of a file is read to know it: our marks stand at its beginning.
const headSize = 1024

// marks find by the beginning of a file which page, and so which job, it is of.
var marks = map[string]*regexp.Regexp{
	"page.json":  regexp.MustCompile(`^\{\s*"page_id": "([^"]+)-\d+",\s*"job_id": "`),
	"index.html": regexp.MustCompile(`<meta name="generator" content="MarketBrewer">\s*<meta name="page-id" content="([^"]+)-\d+">`),
	manifestFile: regexp.MustCompile(`^\{"ordinal":0,"page_id":"([^"]+)-0",`),
	sitemapFile:  regexp.MustCompile(`^` + regexp.QuoteMeta(sitemapHead) + `()`),
}

// look finds out whose file a name is, and of which job.
func (f *folder) look(name string) (owned, job.ID, error) {
	info, err := f.root.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist) || isNotDir(err):
		return absent, "", nil
	case err != nil:
		return "", "", f.failed("look at", name, err)
	case !info.Mode().IsRegular():
		return foreign, "", nil
	}
	file, err := f.root.Open(name)
	if err != nil {
		return "", "", f.failed("read", name, err)
	}
	defer func() { _ = file.Close() }()
	head, err := io.ReadAll(io.LimitReader(file, headSize))
	if err != nil {
		return "", "", f.failed("read", name, err)
	}
	mark := marks[path.Base(name)]
	if mark == nil {
		mark = marks[sitemapFile]
	}
	if found := mark.FindSubmatch(head); found != nil {
		return ours, job.ID(found[1]), nil
	}
	return foreign, "", nil
}

// path is a name as a person knows it.
func (f *folder) path(name string) string { return filepath.Join(f.dir, filepath.FromSlash(name)) }

// failed says what could not be done, and what to do about it.
func (f *folder) failed(doing, name string, err error) error {
	cause := err.Error()
	var atPath *fs.PathError
	var between *os.LinkError
	switch {
	case errors.As(err, &atPath):
		cause = atPath.Err.Error()
	case errors.As(err, &between):
		cause = between.Err.Error()
	}
	return fault.New(fault.Invalid, "cannot %s %s: %s: make room or mend its permissions, or name another directory", doing, f.path(name), cause)
}
