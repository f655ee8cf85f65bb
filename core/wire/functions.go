package wire

import (
	"slices"
	"strings"

	"github.com/tallystick/tallystick/core/party"
)

// Function describes one function of a contract.
type Function struct {
	Name     string // "Contract:Function", exact in case
	Private  bool   // the request is transient, and there is no argument; else it is the one argument
	ReadOnly bool   // evaluated, never submitted
	Who      []party.MemberKind
	Roles    []party.Role
	MaxItems int
}

var (
	platform  = []party.MemberKind{party.Platform}
	custodian = []party.MemberKind{party.Custodian}
	regulator = []party.MemberKind{party.Regulator}
	either    = []party.MemberKind{party.Platform, party.Custodian}
	anyone    = []party.MemberKind{party.Platform, party.Custodian, party.Regulator}

	writers     = []party.Role{party.Operator, party.Supervisor, party.Machine}
	supervisors = []party.Role{party.Supervisor}
	governors   = []party.Role{party.Supervisor, party.Admin}
	readers     = []party.Role{party.Operator, party.Supervisor, party.Machine, party.Admin, party.Auditor}
)

// functions is the closed list. The guard of the chaincode refuses every other name.
var functions = []Function{
	{"Consortium:Bootstrap", false, false, regulator, governors, 32},
	{"Consortium:Register", false, false, regulator, governors, 32},
	{"Consortium:ProposeRegime", false, false, anyone, governors, 8},
	{"Consortium:ApproveRegime", false, false, anyone, governors, 8},
	{"Consortium:RetireRegime", false, false, regulator, governors, 8},
	{"Consortium:FreezePlatform", false, false, regulator, supervisors, 8},
	{"Consortium:ReleasePlatform", false, false, regulator, supervisors, 8},
	{"Consortium:ReadMembers", false, true, anyone, readers, 32},
	{"Consortium:ReadRegimes", false, true, anyone, readers, 100},
	{"Consortium:ReadFreezes", false, true, anyone, readers, 32},

	{"Party:Attest", true, false, either, writers, 500},
	{"Party:VerifyAccount", true, false, custodian, writers, 500},
	{"Party:Link", true, false, custodian, writers, 500},
	{"Party:Succeed", true, false, custodian, writers, 500},
	{"Party:Renew", true, false, either, writers, 500},
	{"Party:RotateKey", true, false, either, writers, 500},
	{"Party:Revoke", true, false, anyone, writers, 500},
	{"Party:Freeze", true, false, regulator, supervisors, 500},
	{"Party:Release", true, false, regulator, supervisors, 500},
	{"Party:Consent", true, false, either, writers, 500},
	{"Party:WithdrawConsent", true, false, either, writers, 500},
	{"Party:Read", true, true, anyone, readers, 500},

	{"Mandate:Register", true, false, platform, writers, 500},
	{"Mandate:Confirm", true, false, custodian, writers, 500},
	{"Mandate:Revoke", true, false, either, writers, 500},
	{"Mandate:Read", true, true, anyone, readers, 500},

	{"Loan:Propose", true, false, platform, writers, 200},
	{"Loan:Clear", true, false, regulator, writers, 200},
	{"Loan:Relieve", true, false, regulator, writers, 200},
	{"Loan:Decline", true, false, []party.MemberKind{party.Platform, party.Regulator}, writers, 200},
	{"Loan:Fund", true, false, platform, writers, 100},
	{"Loan:Disburse", true, false, platform, writers, 200},
	{"Loan:Withdraw", true, false, platform, writers, 200},
	{"Loan:Expire", true, false, anyone, writers, 100},
	{"Loan:Cancel", true, false, anyone, writers, 100},
	{"Loan:WriteOff", true, false, []party.MemberKind{party.Platform, party.Regulator}, supervisors, 200},
	{"Loan:Freeze", true, false, regulator, supervisors, 200},
	{"Loan:Release", true, false, regulator, supervisors, 200},
	{"Loan:Read", true, true, anyone, readers, 200},

	{"Custody:OpenBooks", true, false, custodian, governors, 1},
	{"Custody:OpenDay", false, false, custodian, writers, 1},
	{"Custody:CloseDay", false, false, custodian, writers, 1},
	{"Custody:Instruct", true, false, either, writers, 500},
	{"Custody:Accept", true, false, custodian, writers, 500},
	{"Custody:Settle", true, false, custodian, writers, 200},
	{"Custody:Refuse", true, false, custodian, writers, 200},
	{"Custody:Expire", true, false, anyone, writers, 500},
	{"Custody:Cancel", true, false, anyone, writers, 500},
	{"Custody:Net", true, false, custodian, writers, 500},
	{"Custody:Place", true, false, custodian, writers, 200},
	{"Custody:Return", true, false, custodian, writers, 200},
	{"Custody:Read", true, true, anyone, readers, 500},
	{"Custody:ReadDay", false, true, anyone, readers, 1},

	{"Repayment:Post", true, false, custodian, writers, 1000},
	{"Repayment:Reverse", true, false, custodian, writers, 200},

	{"Evidence:Append", false, false, anyone, writers, 1000},
	{"Evidence:Find", false, true, anyone, readers, 500},
	{"Evidence:ReadLog", false, true, anyone, readers, 1},
}

// fourEyes are the functions for which a regime may ask that a second person approves: those that a
// supervisor decides on. What machines do by the thousand is not among them.
var fourEyes = []string{
	"Consortium:Register", "Consortium:ProposeRegime", "Consortium:ApproveRegime", "Consortium:RetireRegime",
	"Consortium:FreezePlatform", "Consortium:ReleasePlatform",
	"Party:Revoke", "Party:Freeze", "Party:Release",
	"Loan:WriteOff", "Loan:Freeze", "Loan:Release",
}

// FourEyes reports whether a regime may ask a second person's approval of the function.
func (f Function) FourEyes() bool { return slices.Contains(fourEyes, f.Name) }

// OfLoans reports whether the function is about loans, each of which remembers the regime that rules it.
func (f Function) OfLoans() bool { return strings.HasPrefix(f.Name, "Loan:") }

// Functions lists every function of every contract.
func Functions() []Function { return functions }

// Lookup finds a function by its exact name.
func Lookup(name string) (Function, bool) {
	for _, f := range functions {
		if f.Name == name {
			return f, true
		}
	}
	return Function{}, false
}
