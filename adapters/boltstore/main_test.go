package boltstore_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/boltstore"
)

// The test binary runs itself again as another process, which does one of these with the store file that it is given.
var childJobs = map[string]func(store *boltstore.Store){
	"child-writes": writeForEver,
	"child-holds":  hold,
}

func TestMain(m *testing.M) {
	if len(os.Args) == 3 {
		if job := childJobs[os.Args[1]]; job != nil {
			store, err := boltstore.Open(os.Args[2], newClock(), nil)
			if err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			job(store)
			os.Exit(0)
		}
	}
	os.Exit(m.Run())
}

// child is another process that holds a store file.
type child struct {
	t       *testing.T
	command *exec.Cmd
	lines   *bufio.Scanner
}

func startChild(t *testing.T, job, path string) *child {
	t.Helper()
	program, err := os.Executable()
	require.NoError(t, err)
	// A profile of the child would be written over the one of the test.
	command := exec.Command(program, job, path)
	command.Dir = t.TempDir()
	command.Stderr = os.Stderr
	out, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	c := &child{t: t, command: command, lines: bufio.NewScanner(out)}
	t.Cleanup(func() { c.kill() })
	return c
}

// line waits for the next line that the child prints.
func (c *child) line() string {
	c.t.Helper()
	require.True(c.t, c.lines.Scan(), "the child has ended")
	return c.lines.Text()
}

// kill ends the child as kill -9 does, and returns what it had printed and nobody had read yet.
func (c *child) kill() (rest []string) {
	_ = c.command.Process.Kill()
	for c.lines.Scan() {
		rest = append(rest, c.lines.Text())
	}
	_ = c.command.Wait()
	return rest
}

// hold keeps the store open until it is killed.
func hold(store *boltstore.Store) {
	if err := store.SetHolder("job 0192-cafe"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("held")
	select {}
}

func storePath(t *testing.T) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "store.db")
}
