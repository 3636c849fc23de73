package main

import "github.com/spf13/cobra"

// newLedger holds the commands about the ledger.
func newLedger(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "ledger",
		Short: "Verify and export the ledger of a job",
		Long: `Every call that was or may have been paid stands in its job's ledger: what was held, what it cost, and
whose answer it was. The entries are chained by hashes, so that a changed, dropped, swapped or inserted
one is found.`,
		Example: `  mb ledger verify --all
  mb ledger export 0199a3c4-5f0e-7c1a-9a53-2b1f6d0c8e11 --format csv > ledger.csv`,
	}
	group(cmd)
	cmd.AddCommand(newLedgerVerify(a), newLedgerExport(a))
	return cmd
}
