package rules

import _ "embed"

//go:embed shipped/test-network.json
var testNetwork []byte

// TestNetwork is the rule file of the test network: grades, prices and limits for LendingClub's figures read as yuan,
// under a rate cap of 24 %.
func TestNetwork() []byte { return append([]byte(nil), testNetwork...) }
