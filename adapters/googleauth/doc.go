// Package googleauth verifies ID tokens of Google's sign-in, in this process.
//
// It says whether a token is Google's, meant for us, of this moment and of a verified e-mail address, and whose it is. Who may
// come in with that identity is decided elsewhere. Its keys come from one configured address alone: nothing that a token says
// leads to another request. While that address is out of reach the last keys serve for a day; then every token is refused.
package googleauth
