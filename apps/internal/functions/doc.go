// Package functions is what every function in the cloud has in common, whatever it works with: how it starts or fails to, and
// the form of its log. It knows no service of the cloud, so that a function that needs none links none and starts sooner.
package functions
