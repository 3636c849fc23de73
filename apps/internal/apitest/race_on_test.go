//go:build race

package apitest_test

// keys is how many keys are created with: the detector makes each ten times as long.
const keys = 20
