package rules

import "github.com/tallystick/tallystick/gateway-app/risk/protected"

// ProtectedWord is the word in a name that says it holds sex, age, marriage, nationality or the like, or nothing: see
// package protected.
func ProtectedWord(name string) string { return protected.Word(name) }
