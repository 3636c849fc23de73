// Package office is what the programs that have a back office share: how it is joined to an engine, what it does by itself
// between requests, and how a catalog file becomes a business of it.
//
// Rules are in core/backoffice. This package knows no flags, no network and no cloud.
package office
