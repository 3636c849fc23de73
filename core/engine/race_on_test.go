//go:build race

package engine_test

// seeds is how many random walks a test takes; fewer where every step is slower.
const seeds = 40
