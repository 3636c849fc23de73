package cloud

import (
	"io"

	"github.com/marketbrewer/marketbrewer/apps/internal/settings"
)

// Start makes a function from its environment. When that fails it says why in its log, one line for each problem, and the
// exit code that lets Lambda report a failed start.
func Start[F any](out io.Writer, name Name, environ []string, make func(*Access) (F, error)) (F, int) {
	access, err := NewAccess(environ)
	if err == nil {
		var function F
		if function, err = make(access); err == nil {
			return function, 0
		}
	}
	logger := NewLogger(out, name, settings.Shared{})
	for _, problem := range problems(err) {
		logger.Error("the function cannot start", "detail", problem)
	}
	var none F
	return none, 1
}

func problems(err error) []error {
	if several, ok := err.(interface{ Unwrap() []error }); ok {
		return several.Unwrap()
	}
	return []error{err}
}
