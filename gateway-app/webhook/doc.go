// Package webhook tells other systems of loans, custody and repayments, and of the member's own notices: it posts
// rows of one of the member's feeds, the read model's or one of package notice's, to the endpoints that the member's
// staff has named, signed as Standard Webhooks 1.0 describes. An endpoint has one feed, in which its position counts.
//
// What is guaranteed: each row of the feed that an endpoint asks for is delivered at least once, and rows
// about one subject in the order of the feed. The position of an endpoint in the feed is stored with the
// deliveries that were made on the way, in one transaction, so a crash loses none. An attempt is recorded
// after it was made: a crash between the two sends it again, under the same webhook-id, which is the same
// for one row and one endpoint for ever, also when it is replayed. So a receiver that remembers ids does
// everything once.
//
// A failed delivery is tried again for a day, after pauses that double and are partly random; then it is
// a dead letter, which no longer holds up what comes after it about its subject, and can be replayed. An
// endpoint that answers 410 gets nothing more until it is enabled again.
//
// The addresses are chosen by people and answered by name servers, so the one that is dialled is checked
// when it is dialled: nothing of this machine, of a private network or of a cloud's metadata unless a
// setting allows it (link-local addresses never). Only https, no proxy, no redirect, and of a response
// nothing but its status is read.
//
// The package tells nothing that is not in a feed, and no feed has anything about a person. It never
// shows a secret twice and never writes to the ledger.
package webhook
