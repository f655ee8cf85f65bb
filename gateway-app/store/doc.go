// Package store is the member's own database: the SQL in which the gateway app keeps its read model, its
// users and what it is about to submit. The ledger is the truth about lending; what is kept here is either
// folded from it or the member's own.
//
// There is one SQL text for two databases. SQLite is embedded and the default; PostgreSQL is for a member
// that runs several processes. Migrations lie in store/migrations, one file a noun, and run when the
// database is opened. What both databases read alike, and what every migration and query keeps to:
//
//   - parameters are $1, $2 …; one that may be NULL is cast: CAST($1 AS TEXT)
//   - money and counts are BIGINT, ids and documents TEXT, bytes BYTEA, truth values BOOLEAN
//   - times are TEXT as Time writes them, in UTC with six decimals, so that their order is the text's
//   - text is compared byte by byte: a PostgreSQL database with another collation is refused
//   - no AUTOINCREMENT and no SERIAL: Next and Reserve number rows inside the write transaction
//   - every column's line ends with its data class; a column without one is refused
//   - in the WHERE of an upsert's DO UPDATE, columns carry the table's name
//
// What is guaranteed: a write transaction is serializable on both databases and durable once Write
// answers nil. Reads outside Write cannot write, on either database. A lease is held by one holder at a
// time as the database's clock tells it, its token only grows, and what is written under Hold is written
// while it is held or not at all.
//
// The package never holds a rule of lending, never encrypts (that is the vault's part), and never
// converts money or times behind its caller's back.
package store
