package measure

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"golang.org/x/tools/cover"
)

// Profile holds the basic blocks of every file that a test run counted, by the file's import path. The blocks of a file
// are sorted and each stands once.
type Profile map[string][]cover.ProfileBlock

// ReadProfile reads a profile written by go test with -covermode=count or atomic. A profile made with -coverpkg holds each
// block once per test program; their counts are summed. Mode set is refused: it cannot tell whether an if was passed by.
func ReadProfile(r io.Reader) (Profile, error) {
	parsed, err := cover.ParseProfilesFromReader(r)
	if err != nil {
		return nil, fmt.Errorf("not a coverage profile: %w", err)
	}
	if len(parsed) == 0 {
		return nil, errors.New("the profile is empty: go test writes one with -covermode=atomic and -coverpkg=./... over all packages")
	}
	profile := make(Profile, len(parsed))
	for _, file := range parsed {
		if file.Mode != "count" && file.Mode != "atomic" {
			return nil, fmt.Errorf("mode %q does not count: make the profile with -covermode=atomic", file.Mode)
		}
		profile[file.FileName] = merge(file.Blocks)
	}
	return profile, nil
}

// span is a block's place, which is its identity.
type span struct{ startLine, startCol, endLine, endCol int }

// merge sums blocks of one place. The parser does so for neighbours; blocks that share only their start may be interleaved.
func merge(blocks []cover.ProfileBlock) []cover.ProfileBlock {
	bySpan := make(map[span]cover.ProfileBlock, len(blocks))
	for _, block := range blocks {
		key := span{block.StartLine, block.StartCol, block.EndLine, block.EndCol}
		block.Count += bySpan[key].Count
		bySpan[key] = block
	}
	return slices.SortedFunc(maps.Values(bySpan), func(a, b cover.ProfileBlock) int {
		return cmp.Or(
			cmp.Compare(a.StartLine, b.StartLine), cmp.Compare(a.StartCol, b.StartCol),
			cmp.Compare(a.EndLine, b.EndLine), cmp.Compare(a.EndCol, b.EndCol),
		)
	})
}

// before orders two places of a file.
func before(lineA, colA, lineB, colB int) bool {
	return lineA < lineB || lineA == lineB && colA < colB
}

// countAt returns how often the block at a place ran. A block of no width (an empty case) is found by its start.
func countAt(blocks []cover.ProfileBlock, line, col int) (int, bool) {
	next, _ := slices.BinarySearchFunc(blocks, true, func(b cover.ProfileBlock, _ bool) int {
		if before(line, col, b.StartLine, b.StartCol) {
			return 1
		}
		return -1
	})
	if next == 0 {
		return 0, false
	}
	b := blocks[next-1]
	starts := b.StartLine == line && b.StartCol == col
	return b.Count, starts || before(line, col, b.EndLine, b.EndCol)
}
