// Package documents keeps uploaded documents encrypted in a folder, addressed by their content.
//
// A document's address is a keyed hash of its plain text: uploading it again finds it, and somebody
// without the key cannot confirm a guess by hashing it. Each content has a key of its own, sealed by the
// vault with the address as its place, so that deleting one row makes one content unreadable for ever,
// in every copy of the folder. The file is a chain of segments, each sealed with its number and whether
// it is the last (the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár, 2015): a segment
// that was changed, moved, dropped or put in is found when it is read, before its bytes are handed on.
//
// What is guaranteed: when Put answers, file and row are on the disk; a crash before that leaves a file
// without a key, which Sweep removes. What is read to its end equals what was put, byte by byte.
//
// The package never writes plain text to a disk, never keeps a document in memory whole, and never
// believes what an uploader says of the media type.
package documents
