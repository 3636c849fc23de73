// Package porttest has one conformance suite for each port, and the stand-ins that tests of other packages need: a
// clock that is moved by hand, and ids that repeat.
//
// An adapter calls the suite of its port from one test of a few lines; it is done when the suite passes. A suite tests
// what the port's comments promise and nothing else; what an adapter promises beyond that it declares to the suite.
// Only test files import this package.
package porttest
