package fakeledger_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"pgregory.net/rapid"

	"github.com/tallystick/tallystick/chaincode/fakeledger"
)

func newTwin(t *testing.T, f function) *fakeledger.Twin {
	t.Helper()
	return fakeledger.NewTwin(t, config(), func() shim.Chaincode { return f })
}

func twinProposal(w *fakeledger.Twin) fakeledger.Proposal {
	return fakeledger.Proposal{
		Creator: w.Identity(meridian, "machine"), Function: "Test:Run", Endorsers: []string{meridian, harbor},
	}
}

func TestTwinAcceptsWhatIsDeterministic(t *testing.T) {
	zone, language := time.Local, os.Getenv("LANG")
	w := newTwin(t, func(stub shim.ChaincodeStubInterface) error {
		stamp, err := stub.GetTxTimestamp()
		if err != nil {
			return err
		}
		signed, err := stub.GetBinding()
		if err != nil {
			return err
		}
		old, err := stub.GetState("a")
		if err != nil {
			return err
		}
		value := fmt.Sprintf("%s%s %s %x", old, stub.GetTxID(), stamp.AsTime(), signed)
		if err := stub.SetEvent("e", []byte(value)); err != nil {
			return err
		}
		if err := stub.PutPrivateData(pair, "p", []byte(value)); err != nil {
			return err
		}
		return stub.PutState("a", []byte(value))
	})
	for range 2 {
		if _, err := w.Submit(twinProposal(w)); err != nil {
			t.Fatal(err)
		}
	}
	first, err := w.Endorse(twinProposal(w))
	if err != nil {
		t.Fatal(err)
	}
	second, err := w.Endorse(twinProposal(w))
	if err != nil {
		t.Fatal(err)
	}
	sameVerdicts(t, w.Commit(first, second), fakeledger.Valid, fakeledger.MVCCReadConflict)
	if payload, err := w.Evaluate(twinProposal(w)); err != nil || string(payload) != "done" {
		t.Errorf("evaluates to %q, %v", payload, err)
	}
	if w.Ledger().Height() != 3 || w.Ledger().State("a") == nil {
		t.Error("the first ledger holds no blocks")
	}
	if time.Local != zone || os.Getenv("LANG") != language {
		t.Error("zone or environment were not put back")
	}
}

func TestTwinPassesOnRefusalsAndVerdicts(t *testing.T) {
	w := newTwin(t, func(shim.ChaincodeStubInterface) error { return errors.New("no") })
	var refusal *fakeledger.Refusal
	if _, err := w.Submit(twinProposal(w)); !errors.As(err, &refusal) {
		t.Errorf("answers %v, want a refusal", err)
	}
	if _, err := w.Evaluate(twinProposal(w)); !errors.As(err, &refusal) {
		t.Errorf("evaluates to %v, want a refusal", err)
	}
	if _, err := w.Submit(fakeledger.Proposal{}); err == nil {
		t.Error("a proposal without a creator was taken")
	}
	if _, err := w.Evaluate(fakeledger.Proposal{}); err == nil {
		t.Error("a proposal without a creator was evaluated")
	}
	writes := newTwin(t, write("a", "1"))
	p := twinProposal(writes)
	p.Endorsers = []string{harbor, lantern}
	if _, err := writes.Submit(p); verdictOf(t, err) != fakeledger.EndorsementPolicyFailure {
		t.Errorf("platforms alone: %v", err)
	}
}

func TestATwinServesSubtestsAndProperties(t *testing.T) {
	w := newTwin(t, func(stub shim.ChaincodeStubInterface) error {
		_, args := stub.GetFunctionAndParameters()
		return stub.PutState("a", []byte(args[0]))
	})
	put := func(value string) error {
		p := twinProposal(w)
		p.Args = []string{value}
		_, err := w.Submit(p)
		return err
	}
	t.Run("in a subtest", func(t *testing.T) {
		if err := put("x"); err != nil {
			t.Error(err)
		}
	})
	rapid.Check(t, func(rt *rapid.T) {
		value := rapid.StringN(1, 9, -1).Draw(rt, "value")
		if err := put(value); err != nil || string(w.Ledger().State("a")) != value {
			rt.Errorf("%q was not written: %v", value, err)
		}
	})
}

// offenders are the habits that break endorsement, each of which a Twin has to catch.
var offenders = map[string]function{
	"year": func(stub shim.ChaincodeStubInterface) error {
		return stub.PutState("a", []byte(time.Now().Format("2006")))
	},
	"zone": func(stub shim.ChaincodeStubInterface) error {
		stamp, err := stub.GetTxTimestamp()
		if err != nil {
			return err
		}
		return stub.SetEvent("e", []byte(stamp.AsTime().Local().Format(time.DateOnly+" 15")))
	},
	"environment": func(stub shim.ChaincodeStubInterface) error {
		return stub.PutPrivateData(pair, "k", []byte("in "+os.Getenv("LANG")))
	},
	"map": func(stub shim.ChaincodeStubInterface) error {
		numbers := map[int]bool{}
		for i := range 64 {
			numbers[i] = true
		}
		return stub.PutState("a", fmt.Append(nil, orderOf(numbers)))
	},
	"refusal": func(shim.ChaincodeStubInterface) error {
		if time.Now().Year() > 2020 {
			return errors.New("too late")
		}
		return nil
	},
	"words": func(shim.ChaincodeStubInterface) error { return errors.New(time.Now().String()) },
	"memory": func(stub shim.ChaincodeStubInterface) error {
		remembered++
		return stub.PutState("a", fmt.Append(nil, remembered/3)) // two peers, then the other two
	},
	"goroutine": func(shim.ChaincodeStubInterface) error {
		go func() { select {} }()
		return nil
	},
}

var remembered int

func orderOf(numbers map[int]bool) []int {
	var order []int
	for n := range numbers {
		order = append(order, n)
	}
	if sort.IntsAreSorted(order) {
		panic("64 numbers in a map came out sorted")
	}
	return order
}

// TestTwinCatches runs each offender in a process of its own, because what is expected is that a
// test fails there.
func TestTwinCatches(t *testing.T) {
	const offender = "FAKELEDGER_OFFENDER"
	if name := os.Getenv(offender); name != "" {
		w := newTwin(t, offenders[name])
		p := twinProposal(w)
		p.Endorsers = []string{meridian}
		if name == "memory" {
			p.Endorsers = []string{meridian, harbor}
		}
		if _, err := w.Submit(p); err != nil {
			t.Log(err)
		}
		return
	}
	for name := range offenders {
		t.Run(name, func(t *testing.T) {
			program, err := os.Executable()
			if err != nil {
				t.Fatal(err)
			}
			child := exec.Command(program, "-test.run=^TestTwinCatches$", "-test.count=1")
			child.Env = append(os.Environ(), offender+"="+name, "LANG=C.UTF-8")
			output, err := child.CombinedOutput()
			var exit *exec.ExitError
			if !errors.As(err, &exit) {
				t.Fatalf("the offender passes: %v\n%s", err, output)
			}
			caught := strings.Contains(string(output), "is not deterministic") || (name == "goroutine" && strings.Contains(string(output), "deadlock"))
			if !caught {
				t.Errorf("it failed for another reason:\n%s", output)
			}
		})
	}
}

func TestATwinIsNeverParallel(t *testing.T) {
	t.Run("inner", func(t *testing.T) {
		t.Parallel()
		defer func() {
			if recover() == nil {
				t.Error("a parallel test got a Twin")
			}
		}()
		newTwin(t, write("a", "1"))
	})
}
