// Package cost is exact money: amounts in whole pico-dollars, the price table, the accounts that hold money before a
// call and settle it after, and the ledger blocks that record every movement in a chain of hashes.
//
// Everything is a pure rule over values: amounts in, decision out. Nothing here reads a clock, rounds, or uses a
// floating-point number; what does not fit or is not known is an error, never a guess and never zero. Storing the
// accounts and blocks is the caller's part.
package cost
