// Package work makes what the functions that call Claude have beside the adapters of package cloud: Claude with its key, the drivers of
// Lambda, and what leaves the house. The API calls nobody: without this package its program is smaller by a third and starts sooner.
package work
