// Package apitest tries the HTTP API from outside, as a program: the script of the README against mb serve and against the
// Lambda handler, and a load of 500 requests a second on a store with 100,000 pages. The lines of the load begin with BENCH;
// make bench-api prints them.
package apitest
