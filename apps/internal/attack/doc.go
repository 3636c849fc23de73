// Package attack is the attack list and the matrix of access as a test suite: what a stranger, a customer of somebody
// else, a hostile receiver and a hostile model try, over real connections to the whole API on memory adapters.
//
// Every case asserts, beside its own outcome, that no answer is a 5xx and that no secret and nothing personal is in a body, a
// header or a log. The suite counts what really ran and passed; `make attack` prints the counts as its last line.
package attack
