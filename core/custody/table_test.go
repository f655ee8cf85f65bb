package custody_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func statuses() []custody.Status {
	return []custody.Status{
		custody.None, custody.Instructed, custody.Accepted, custody.Settled, custody.SettledInPart,
		custody.Refused, custody.Expired, custody.Cancelled,
	}
}

func actors() []party.Actor {
	return []party.Actor{
		{Member: "harbor", Kind: party.Platform, Role: party.Machine},
		{Member: "meridian", Kind: party.Custodian, Role: party.Machine},
		{Member: "authority", Kind: party.Regulator, Role: party.Supervisor},
	}
}

const on = calendar.Date(19_800)

// commands are one well-formed command an action; the harbour's instruction lapsed the day before.
func commands(i custody.Instruction, actor party.Actor) []named {
	return []named{
		{"instruct", custody.Instruct{Instruction: i, Actor: actor}},
		{"accept", custody.Accept{On: on - 1, Actor: actor}},
		{"settle", custody.Settle{AmountMinor: i.AmountMinor, BankReference: "MB1", ValueDate: on, On: on, Actor: actor}},
		{"settle part", custody.Settle{AmountMinor: i.AmountMinor - 1, BankReference: "MB1", ValueDate: on, On: on, Actor: actor}},
		{"refuse", custody.Refuse{Reason: "closed", On: on, Actor: actor}},
		{"expire", custody.Expire{On: on, Actor: actor}},
		{"cancel", custody.Cancel{On: on, Actor: actor}},
	}
}

type named struct {
	action  string
	command custody.Command
}

func instruction(kind custody.Kind, status custody.Status) custody.Instruction {
	return custody.Instruction{
		Handle: "i", Kind: kind, Status: status, Platform: "harbor", Custodian: "meridian", Party: "p", Loan: "l",
		By: "harbor", AmountMinor: 100, On: on - 5, ExpiresOn: on - 1,
	}
}

// Every status, action and kind of member, with the kinds of instructions for which it holds: decided, not
// looked up, so the file shows what the commands do.
func TestEveryTransition(t *testing.T) {
	var b strings.Builder
	b.WriteString("# status × action × who: where it leads for which kinds, or the refusal\n")
	for _, status := range statuses() {
		for a := range commands(custody.Instruction{}, party.Actor{}) {
			for _, actor := range actors() {
				action, outcomes := "", []string(nil)
				by := map[string][]string{}
				for _, kind := range custody.Kinds() {
					before := instruction(kind, status)
					step := commands(before, actor)[a]
					if status == custody.None {
						before = custody.Instruction{}
					}
					action = step.action
					result := decided(t, before, step.command)
					if by[result] == nil {
						outcomes = append(outcomes, result)
					}
					by[result] = append(by[result], string(kind))
				}
				for _, result := range outcomes {
					which := strings.Join(by[result], " ")
					if len(by[result]) == len(custody.Kinds()) {
						which = "all"
					}
					fmt.Fprintf(&b, "%-15s %-11s %-10s %-26s %s\n", name(status), action, actor.Kind, result, which)
				}
			}
		}
	}
	golden(t, "transitions.txt", b.String())
}

func decided(t *testing.T, i custody.Instruction, c custody.Command) string {
	t.Helper()
	events, err := custody.Decide(i, c)
	if err != nil {
		return "refused: " + string(fault.Of(err).Code)
	}
	after := custody.Apply(i, events[0])
	return name(after.Status)
}

func name(s custody.Status) string {
	if s == custody.None {
		return "none"
	}
	return string(s)
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile("testdata/"+name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("testdata/%s differs; look at it after -update. Lines that are new:", name)
		for line := range strings.Lines(got) {
			if !slices.Contains(strings.SplitAfter(string(want), "\n"), line) {
				t.Error(line)
			}
		}
	}
}
