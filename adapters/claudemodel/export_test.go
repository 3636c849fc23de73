package claudemodel

import "github.com/marketbrewer/marketbrewer/ports"

// CheckSize is what CreateBatch says of lines when a body may have that many bytes: tests do without the 256 MiB.
func CheckSize(lines []ports.BatchLine, most int) error {
	_, err := batchParamsOf(lines, most)
	return err
}
