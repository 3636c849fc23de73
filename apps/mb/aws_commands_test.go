package main

import (
	"os"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"
)

// TestEveryCommandOnAStoreWorksOnADeployment: all but one, whose help and documentation say why.
func TestEveryCommandOnAStoreWorksOnADeployment(t *testing.T) {
	t.Parallel()
	var without []string
	var look func(cmd *cobra.Command)
	look = func(cmd *cobra.Command) {
		if cmd.Flags().Lookup("store") != nil && cmd.Flags().Lookup("aws") == nil {
			without = append(without, cmd.CommandPath())
		}
		for _, sub := range cmd.Commands() {
			look(sub)
		}
	}
	look(newRoot(&app{}))
	require.Equal(t, []string{"mb serve"}, without)

	require.Contains(t, newShop(t).run("serve", "--help").want(exitDone).stdout, "There is no --aws: this is one machine with a store of its own.")
	for file, says := range map[string]string{"doctor.md": "on a store but `mb serve` works on a deployment too", "serve.md": "It has no `--aws`"} {
		text, err := os.ReadFile("../../docs/" + file)
		require.NoError(t, err)
		require.Contains(t, string(text), says)
	}
}
