// Package marketbrewer is the root of a module that generates thousands of local-SEO pages per job with Claude: every page
// reaches exactly one end state, every paid call is in the ledger exactly once, and no budget is ever exceeded.
//
// There is no code here. Other teams import the folders below core; ports says what core needs from the world, adapters
// meet it, apps are the programs. The tests beside this file hold the tree to its import table.
package marketbrewer
