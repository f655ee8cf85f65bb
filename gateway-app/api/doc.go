// Package api is the HTTP door of a member's gateway app: REST and JSON under /v1, described by an
// OpenAPI 3.1 document that is made from the same Go types that the handlers use.
//
// The rules it keeps, and where they come from:
//
//   - A refusal is a problem (RFC 9457) with a code of core/fault, the field that is at fault and what
//     to do. Bad input of any kind is a 4xx; nothing that a caller sends makes a 5xx.
//   - A write carries an Idempotency-Key. The same key with the same body answers what was answered
//     before, also after a crash: a command's request id on the ledger is derived from the key, so
//     doing it again is the same command.
//   - Nobody is let in unless a policy allows the operation by its id. Who calls is decided before
//     anything of the body is looked at.
//   - Logs and metrics hold operations, statuses and times: no body, no query, no personal value.
//
// The package decides nothing about lending, keeps no state of the ledger and signs nothing: commands
// go to the outbox, reads come from the read model.
//
// # Adding operations
//
// A feature adds one file named after its noun, with a method
//
//	func (s *Server) registerNoun() {
//		if s.parts.Noun == nil {
//			return // this member does not run it
//		}
//		register(s, operation{
//			id: "noun.verb", method: http.MethodPost, path: "/v1/nouns", tag: "Nouns",
//			summary: "Verb a noun",
//		}, s.verbNoun)
//	}
//
// one field of Parts, one line in the list of operations.go, and one line for each operation in
// gateway-app/access/operationlist.go, which says whether it is about personal data. The handler is
// func(context.Context, *I) (*O, error): I's fields are parameters (path, query, header) and Body; O's
// are headers and Body. register adds security, the error responses, the Idempotency-Key and every
// middleware. Handlers answer errors of core/fault (or Problem for what has no code there); any other
// error is a 500 and is logged. callerOf(ctx) is who calls, commandIDOf(ctx) the ledger's request id.
// Lists use registerList, which adds cursor, limit and the streamed form.
package api
