// Package ssmsecrets reads secrets from the Parameter Store of AWS Systems Manager.
//
// All of a program's secrets come with one request, which callers share and whose result is kept for five minutes: the
// store answers 40 requests a second for a whole account, and a thousand processes may start at once. A secret that was
// refused where it was used is read again, though not more often than every ten seconds, so that a wrong one makes no
// storm. While the store cannot be reached, what was read before serves on.
package ssmsecrets
