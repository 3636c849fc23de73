package backoffice

import "slices"

// Role is what a principal may do: each role may do all that the one before it may.
type Role string

// The roles, from the least to the most.
const (
	// Viewer reads.
	Viewer Role = "viewer"
	// Operator edits businesses and runs jobs within their budgets.
	Operator Role = "operator"
	// Admin sets budgets, grants access and deletes.
	Admin Role = "admin"
)

// Roles lists the roles from the least to the most.
func Roles() []Role { return []Role{Viewer, Operator, Admin} }

// May reports whether the role may do what needs the given one. An unknown role may nothing.
func (r Role) May(needed Role) bool {
	has, needs := slices.Index(Roles(), r), slices.Index(Roles(), needed)
	return has >= 0 && needs >= 0 && has >= needs
}

// AllBusinesses, alone in a list of businesses, stands for every one.
const AllBusinesses = "*"

// Caller is who makes a call, as it was verified at the edge.
type Caller struct {
	// Principal is the id of the principal, Kind user or service; both are empty for a caller that nobody knows.
	Principal string
	Kind      PrincipalKind
	Role      Role
	// Businesses are the ids that it may see, or AllBusinesses.
	Businesses []string
	// RequestID names the request in everything that follows from it.
	RequestID string
	// From is the network address that the call came from, empty where there is none.
	From string
}

// SeesAll reports whether the caller may know of every business, and so of what is of none.
func (c Caller) SeesAll() bool { return slices.Contains(c.Businesses, AllBusinesses) }

// Sees reports whether the caller may know of the business.
func (c Caller) Sees(business string) bool {
	return c.SeesAll() || slices.Contains(c.Businesses, business)
}
