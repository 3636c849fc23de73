// Package cloud makes the adapters of AWS from what a function's environment says, without a network call: the clients, the
// store, the queue, secrets, logs and metrics. The injectors of the functions are generated from its provider sets.
//
// It does without the SDK's own loading of configurations (profiles, single sign-on, instance roles), which a function never
// needs and which would double the time that it takes to start.
package cloud
