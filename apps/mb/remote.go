package main

import (
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/marketbrewer/marketbrewer/apps/mb/internal/remote"
	"github.com/marketbrewer/marketbrewer/ports"
)

const (
	serverVariable = "MB_SERVER"
	tokenVariable  = "MB_TOKEN"
	// mostToken is the largest file that is taken for a token.
	mostToken = 4096
)

// serverFlags name a server whose API a command goes by.
type serverFlags struct {
	url, tokenFile string
	flags          *pflag.FlagSet
}

// define adds the flags to every command.
func (f *serverFlags) define(root *cobra.Command) {
	f.flags = root.PersistentFlags()
	made := pflag.NewFlagSet("A server", pflag.ContinueOnError)
	made.StringVar(&f.url, "server", "", "have jobs, ledger and forecast go by the API of the server at `URL`, also MB_SERVER")
	made.StringVar(&f.tokenFile, "token-file", "", "read the token for it from `FILE`, instead of MB_TOKEN")
	made.VisitAll(func(flag *pflag.Flag) { flag.Annotations = map[string][]string{sectionKey: {"A server"}} })
	f.flags.AddFlagSet(made)
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		if f.flags.Changed("server") && !byServer(cmd) {
			return invalid("--server is for mb jobs, mb ledger and mb forecast: leave it out, %s works on a store or a deployment", cmd.CommandPath())
		}
		if f.flags.Changed("token-file") && !byServer(cmd) {
			return invalid("--token-file is for commands that go by a server: leave it out")
		}
		return nil
	}
}

// byServer reports whether a command can go by a server.
func byServer(cmd *cobra.Command) bool {
	path := strings.Fields(cmd.CommandPath())
	return len(path) > 1 && slices.Contains([]string{"jobs", "ledger", "forecast"}, path[1])
}

// remotely runs do against the server that flags or environment name; false when they name none. A store or a deployment that is named
// by a flag goes before the environment's server. Flags that are about this machine are refused.
func (a *app) remotely(flags *pflag.FlagSet, do func(*remote.Client) error, others ...string) (bool, error) {
	address, asked := a.server.url, a.server.flags.Changed("server")
	if !asked {
		address = a.env(serverVariable)
	}
	for _, name := range append([]string{"store", "aws", "prices"}, others...) {
		set := flags.Lookup(name)
		switch {
		case set == nil || !set.Changed:
		case asked:
			return true, invalid("--%s is about a store or the work of this process, and --server exclude each other: give one", name)
		case name == "store" || name == "aws":
			return false, nil
		}
	}
	if address == "" {
		return false, nil
	}
	token, err := a.token()
	if err != nil {
		return true, err
	}
	c, err := remote.New(address, token, nil)
	if err != nil {
		return true, err
	}
	defer c.Close()
	return true, do(c)
}

// token is the token for a server. It is never a flag's value: those can be read by others on the machine.
func (a *app) token() (ports.Secret, error) {
	if a.server.tokenFile == "" {
		if token := a.env(tokenVariable); token != "" {
			return ports.Secret(token), nil
		}
		return "", invalid("%s is not set: set it to a token of the server (mb tokens create makes one), or give --token-file FILE", tokenVariable)
	}
	text, err := os.ReadFile(a.server.tokenFile)
	token := strings.TrimSpace(string(text))
	if err != nil || token == "" || len(text) > mostToken || strings.ContainsAny(token, " \t\r\n") {
		return "", invalid("--token-file %s has no token: give a file that has one and nothing else", a.server.tokenFile)
	}
	return ports.Secret(token), nil
}

// ofBusiness is the flag that names the business of a job to a server.
type ofBusiness struct{ id string }

func (b *ofBusiness) define(flags *pflag.FlagSet) {
	flags.StringVar(&b.id, "business", "", "with --server, the business with this `ID`, whose job it is")
}

// need is the business, which a server wants to know.
func (b ofBusiness) need() (string, error) {
	if b.id == "" {
		return "", invalid("--business is missing: a server wants to know whose job it is")
	}
	return b.id, nil
}

// local refuses the flag where there is no server: a store finds a job by its id alone.
func (b ofBusiness) local() error {
	if b.id != "" {
		return invalid("--business is for --server here: leave it out, a store finds a job by its id alone")
	}
	return nil
}
