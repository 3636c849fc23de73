package output

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"os"

	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/pages"
)

const manifestFile = "manifest.jsonl"

// line is what the manifest says of one page.
type line struct {
	Ordinal  int              `json:"ordinal"`
	PageID   string           `json:"page_id"`
	Language catalog.Language `json:"language"`
	URLPath  string           `json:"url_path"`
	Status   string           `json:"status"`
	// Attempts is how many calls were billed or may have been, CostUSD what they came to.
	Attempts int       `json:"attempts"`
	CostUSD  cost.Pico `json:"cost_usd"`
	// ContentSHA256 is null unless the page is completed, ErrorCode unless it has failed.
	ContentSHA256 *string   `json:"content_sha256"`
	ErrorCode     *job.Code `json:"error_code"`
}

func lineOf(id string, page pages.Page, t engine.TaskView) line {
	l := line{
		Ordinal: page.Ordinal, PageID: id, Language: page.Language, URLPath: page.URLPath, Status: t.State.String(),
		Attempts: t.Billed, CostUSD: t.Cost,
	}
	if t.Code != "" {
		l.ErrorCode = &t.Code
	}
	return l
}

func (l *line) hash(answer *job.Stored) {
	sum := answer.Content()
	text := hex.EncodeToString(sum[:])
	l.ContentSHA256 = &text
}

// manifest is the file with a line for each page, written beside its place until it is whole.
type manifest struct {
	folder *folder
	file   *os.File
	buffer *bufio.Writer
}

func newManifest(f *folder) (*manifest, error) {
	file, err := f.create(temporary(manifestFile))
	if err != nil {
		return nil, err
	}
	return &manifest{folder: f, file: file, buffer: bufio.NewWriter(file)}, nil
}

func (m *manifest) add(l line) error {
	encoder := json.NewEncoder(m.buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(l); err != nil {
		return m.folder.failed("write", manifestFile, err)
	}
	return nil
}

func (m *manifest) finish() error {
	err := m.buffer.Flush()
	if closed := m.file.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return m.folder.failed("write", manifestFile, err)
	}
	return m.folder.replace(manifestFile)
}

func (m *manifest) abandon() {
	_ = m.file.Close()
	m.folder.discard(manifestFile)
}
