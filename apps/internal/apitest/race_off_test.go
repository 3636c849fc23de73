//go:build !race

package apitest_test

// keys is how many keys are created with.
const keys = 200
