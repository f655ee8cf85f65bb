// Package access says who is calling and what they may do.
//
// People sign in with a password (argon2id, RFC 9106) and a one-time code (TOTP, RFC 6238), or at their
// organisation's OpenID provider; machines come with a client certificate or an API key. Each becomes a
// Principal with roles. What a role may do is written in Cedar policies, one file a role, that a risk
// officer can read; what no policy permits is refused, and every decision names the policy that made it.
// Some operations need a second user's approval: that too is a policy.
//
// The package keeps of a password, a session's token and an API key only what they can be checked with.
// Names and one-time-code secrets are sealed; a name is found by a keyed hash of it. It never says whether
// a name exists: an unknown name, a wrong password and a wrong code have one answer and take one time.
//
// It never decides a rule of lending, and never touches the ledger.
package access
