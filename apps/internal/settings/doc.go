// Package settings is what the functions in the cloud are told by their environment, and how these settings must fit
// together. Programs load their own struct, the deployment template sets exactly its variables, and whoever checks a
// deployment, before or after it is made, asks Relations: all three by the same names and rules.
//
// It reads no environment itself: a program hands in os.Environ(). Nothing here is a secret; keys are named, not held.
package settings

//go:generate go run ../settingsdoc -source . -out ../../../docs/settings.md
