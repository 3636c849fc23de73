// Package webhooks sends signed deliveries to webhooks' receivers, as Standard Webhooks 1.0 has it, and has the other half for
// those who receive them.
//
// A Sender makes one attempt at a time; when to make the next is for core/backoffice. It connects to public addresses on
// port 443 alone, and looks at the address of the connection itself, so that no name can lead it astray. It follows no
// redirect, uses no proxy and reads little of what comes back. Verify and Receiver are what a receiver needs.
package webhooks
