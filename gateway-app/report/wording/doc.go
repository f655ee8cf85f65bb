// Package wording says, in Chinese and English, what every enumerated thing is called that a report may print: statuses,
// kinds, roles of payees, what a command was, and why something was refused.
//
// The lists themselves are core's; a test walks them and wants words of both languages for each. Codes that members and
// banks make up themselves, such as why a platform declined a loan, are in no list: those that the network's own
// programs write have words here, any other is shown as it is.
//
// The package never decides anything by a word, and nothing reads one back.
package wording
