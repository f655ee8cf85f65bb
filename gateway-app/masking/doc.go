// Package masking is the one serializer through which personal data leaves the process: what a reader
// gets of a value depends on the value's data class and on the reader's role, by one table.
//
// A struct says of each of its fields how it is masked and of which class it is, in a tag:
// `mask:"identity_number,top secret"`. Mask answers a copy in which each such value is whole, masked or
// gone. A struct that marks one field must mark them all, so that a field added later cannot slip
// through. The forms are those that banks print (JR/T 0171-2020, annex A): 110101********1234,
// 138****5678, 张*, and the last four digits of a card.
//
// The package never reads a database and never decides whether somebody may read a record at all: that
// is the policies' part.
package masking
