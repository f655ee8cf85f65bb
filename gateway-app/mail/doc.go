// Package mail hands messages to the member's own mail server, by SMTP (RFC 5321) over TLS.
//
// What is guaranteed: nothing leaves without TLS and a certificate that was checked, unless a setting allows a server
// on this very machine. A value with a line end or another control character in it becomes no header: the message is
// refused before a server is dialled. One message has one Message-ID for ever, so a message that is sent again, because
// nobody knows whether the server took it, can be recognised by whoever receives both. A refusal is told apart by whether
// trying again may help (Failure).
//
// The package keeps nothing, tries nothing twice, and logs neither an address nor a text. Addresses beyond ASCII
// (RFC 6531) are refused, because few servers take them on.
package mail
