package main

// plant switches a planted bug on. Only a build with planted bugs in it can; this one has none.
func plant(string) bool { return false }
