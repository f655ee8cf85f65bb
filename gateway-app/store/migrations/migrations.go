// Package migrations holds the SQL that makes the member's database, one file a noun, in the order of
// their numbers. Each part of the gateway app has numbers of its own, so a file with a low number may be
// added after one with a high number has run. A file that has been released is never changed.
//
// Every line of a CREATE TABLE that declares a column ends with the column's data class, and may say why
// after a colon: "-- public", "-- internal", "-- secret: the lender's own" or "-- top secret".
//
// The package never holds a migration in Go, nor one for a single database.
package migrations

import "embed"

// Files are the migrations.
//
//go:embed *.sql
var Files embed.FS
