package awsbench

import (
	"context"
	"os"
	"path"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/apps/internal/lambdasim"
)

// builder builds the functions' binaries once for all tests.
var builder lambdasim.Builder

func TestMain(m *testing.M) {
	code := m.Run()
	builder.Close()
	os.Exit(code)
}

// built is the binary of a function, built for this machine as it is for Lambda.
func built(t *testing.T, name string) string {
	t.Helper()
	folder := "../../" + name
	if name == "hello" {
		folder = "../lambdasim/testdata/hello"
	}
	binary, err := builder.Build(context.Background(), "./"+path.Clean(folder))
	require.NoError(t, err)
	return binary
}

// settingsOf are the settings of a function whose AWS is at one address.
func settingsOf(name, aws string) map[string]string {
	if name == "hello" {
		return nil
	}
	return map[string]string{
		"MB_STAGE": "dev", "MB_TABLE": "table", "MB_QUEUE_URL": aws + "/000000000000/parcels", "MB_FUNCTION_TIMEOUT": "300s",
		"MB_CLAUDE_KEY_PARAMETER": "/marketbrewer/dev/claude-key", "MB_VISIBILITY": "1801s", "MB_MAX_CONCURRENCY": "4", "MB_BATCH_SIZE": "10",
		"AWS_ENDPOINT_URL": aws,
	}
}
