package output

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"fmt"
	"os"
)

const (
	sitemapFile = "sitemap.xml"
	// The sitemap protocol allows 50,000 addresses and 50 MiB per file (https://www.sitemaps.org/protocol.html).
	maxURLs    = 50_000
	maxSitemap = 50 << 20

	sitemapSpace = "http://www.sitemaps.org/schemas/sitemap/0.9"
	// sitemapHead leads each file; it is also how our own are known again.
	sitemapHead = `<?xml version="1.0" encoding="UTF-8"?>` + "\n<!-- MarketBrewer -->\n"
	urlSetHead  = sitemapHead + `<urlset xmlns="` + sitemapSpace + `">` + "\n"
	urlSetTail  = "</urlset>\n"
)

// sitemap lists the addresses of completed pages. Its files are written beside their places until all are whole: which
// names they get depends on how many there are.
type sitemap struct {
	folder *folder
	site   *site
	// maxURLs and maxBytes are what one file takes.
	maxURLs, maxBytes int

	parts  int
	urls   int
	bytes  int
	file   *os.File
	buffer *bufio.Writer
}

func newSitemap(f *folder, s *site) *sitemap {
	return &sitemap{folder: f, site: s, maxURLs: maxURLs, maxBytes: maxSitemap}
}

func partFile(n int) string { return fmt.Sprintf("sitemap-%d.xml", n) }

// add lists a page. Without a site it does nothing.
func (s *sitemap) add(path string) error {
	if s.site == nil {
		return nil
	}
	var b bytes.Buffer
	b.WriteString("  <url><loc>")
	// A buffer takes everything.
	_ = xml.EscapeText(&b, []byte(s.site.url(path)))
	b.WriteString("</loc></url>\n")
	if s.file == nil || s.urls == s.maxURLs || s.bytes+b.Len()+len(urlSetTail) > s.maxBytes {
		if err := s.next(); err != nil {
			return err
		}
	}
	s.urls++
	return s.write(b.String())
}

func (s *sitemap) write(text string) error {
	n, err := s.buffer.WriteString(text)
	if s.bytes += n; err != nil {
		return s.folder.failed("write", sitemapFile, err)
	}
	return nil
}

// next begins another file.
func (s *sitemap) next() error {
	if err := s.end(); err != nil {
		return err
	}
	file, err := s.folder.create(temporary(partFile(s.parts + 1)))
	if err != nil {
		return err
	}
	s.parts, s.urls, s.bytes, s.file, s.buffer = s.parts+1, 0, 0, file, bufio.NewWriter(file)
	return s.write(urlSetHead)
}

// end completes the current file.
func (s *sitemap) end() error {
	if s.file == nil {
		return nil
	}
	err := s.write(urlSetTail)
	if flushed := s.buffer.Flush(); err == nil && flushed != nil {
		err = s.folder.failed("write", sitemapFile, flushed)
	}
	if closed := s.file.Close(); err == nil && closed != nil {
		err = s.folder.failed("write", sitemapFile, closed)
	}
	s.file = nil
	return err
}

// finish puts the files in their places: one as sitemap.xml, several as sitemap-1.xml and so on with an index. What an
// earlier run has left over is removed.
func (s *sitemap) finish() (written bool, err error) {
	if err := s.end(); err != nil {
		return false, err
	}
	kept := s.parts
	switch {
	case s.parts == 0:
		if _, err := s.folder.remove(sitemapFile, ""); err != nil {
			return false, err
		}
	case s.parts == 1:
		kept = 0
		err = s.folder.rename(temporary(partFile(1)), sitemapFile)
	default:
		err = s.index()
	}
	for n := kept + 1; err == nil; n++ {
		if removed, failed := s.folder.remove(partFile(n), ""); failed != nil || !removed {
			return s.parts > 0, failed
		}
	}
	return false, err
}

func (s *sitemap) index() error {
	var b bytes.Buffer
	b.WriteString(sitemapHead + `<sitemapindex xmlns="` + sitemapSpace + `">` + "\n")
	for n := 1; n <= s.parts; n++ {
		if err := s.folder.replace(partFile(n)); err != nil {
			return err
		}
		b.WriteString("  <sitemap><loc>")
		_ = xml.EscapeText(&b, []byte(s.site.url("/"+partFile(n))))
		b.WriteString("</loc></sitemap>\n")
	}
	b.WriteString("</sitemapindex>\n")
	return s.folder.put(sitemapFile, b.Bytes())
}

func (s *sitemap) abandon() {
	if s.file != nil {
		_ = s.file.Close()
	}
	for n := 1; n <= s.parts; n++ {
		s.folder.discard(partFile(n))
	}
}
