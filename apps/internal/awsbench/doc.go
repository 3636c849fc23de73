// Package awsbench runs the functions of Lambda, as the binaries that are deployed, against real servers on this machine:
// DynamoDB Local, ElasticMQ, moto and the simulated Claude. It measures what a page costs on AWS, kills functions, breaks
// connections, and holds the books against the bill. It is tests alone; those that need servers have the tag "services".
//
// `make test-aws` starts the servers and runs what CI runs; `make bench-aws` runs all sizes. Both print a line of the form
// "BENCH name value unit" for each figure.
package awsbench
