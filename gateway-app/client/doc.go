// Package client speaks to a member's gateway app over HTTPS, in Go's types.
//
// What is guaranteed: a command that was handed over is done once. Each write carries an Idempotency-Key
// and is sent again under the same key when the connection breaks, when the app is being restarted and
// when it asks to wait, until there is an answer or ctx ends. After ctx has ended, the same key asks what
// became of it. A refusal is an error that holds a *fault.Fault where core/fault has its code, and a
// *Problem always.
//
// The package knows the API's form and nothing of what stands behind it: it imports core alone, so that
// the auditors' command can use it without a database.
package client
