package functions

import (
	"io"
	"strings"

	"github.com/marketbrewer/marketbrewer/apps/internal/settings"
)

// Name is a function's name, as it stands in metrics and logs.
type Name string

// Start makes a function. When that fails it says why in the log, one line for each problem, and gives the exit code that lets
// Lambda report a failed start; 0 otherwise.
func Start[F any](out io.Writer, name Name, make func() (F, error)) (F, int) {
	function, err := make()
	if err == nil {
		return function, 0
	}
	logger := NewLogger(out, name, settings.Shared{})
	for problem := range strings.SplitSeq(err.Error(), "\n") { // joined errors have a line each
		logger.Error("the function cannot start", "detail", problem)
	}
	var none F
	return none, 1
}
